import assert from 'node:assert/strict'

/** Enough of an XML parser to notice what is not well-formed; returns the names of all elements. */
export function checkXml(text: string): string[] {
  const names: string[] = []
  const open: string[] = []
  const ids = new Set<string>()
  const references: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    const content = /^[^<]*/.exec(rest)?.[0] ?? ''
    checkText(content)
    rest = rest.slice(content.length)
    if (rest === '') break
    const tag = /^<(\/?)([a-zA-Z]+)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>/.exec(rest)
    assert.ok(tag, `no tag: ${rest.slice(0, 80)}`)
    const [whole, closing, name, attributes = '', empty] = tag
    rest = rest.slice(whole.length)
    if (closing) assert.equal(open.pop(), name)
    else {
      names.push(name as string)
      if (!empty) open.push(name as string)
    }
    const seen = new Set<string>()
    for (const [, key, value] of attributes.matchAll(/([a-zA-Z][\w:-]*)="([^"]*)"/g)) {
      assert.ok(!seen.has(key as string), `${key} twice in ${name}`)
      seen.add(key as string)
      checkText(value as string)
      if (key === 'id') {
        assert.ok(!ids.has(value as string), `id ${value} twice`)
        ids.add(value as string)
      }
      const reference = /^#(.+)|^url\(#(.+)\)$/.exec(value as string)
      if (key !== 'stroke' && key !== 'stop-color' && !/^#[0-9a-f]{6}$/.test(value as string) && reference) {
        references.push((reference[1] ?? reference[2]) as string)
      }
    }
  }
  assert.deepEqual(open, [])
  for (const reference of references) assert.ok(ids.has(reference), `nothing has the id ${reference}`)
  return names
}

function checkText(text: string): void {
  const bare = text.replace(/&(?:amp|lt|gt|quot|apos|#\d+);/g, '')
  assert.ok(!bare.includes('&'), `an ampersand: ${text.slice(0, 80)}`)
  assert.ok(!/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(bare), 'a character outside XML')
}
