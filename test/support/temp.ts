import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory of its own for the suite that calls it; gone when the suite ends. */
export function temporaryDirectory(): () => string {
  let path = ''
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'biovil-test-'))
  })
  after(() => rmSync(path, { recursive: true, force: true }))
  return () => path
}
