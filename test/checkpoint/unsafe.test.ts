import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint } from 'biovil'
import { temporaryDirectory } from '../support/temp.js'
import { dict, floats, int, pickle, rejectsWith, tensor, text, torchZip, tuple } from './support.js'

const call = (name: string, ...args: (string | Uint8Array)[]) =>
  pickle(`c${name.replace(' ', '\n')}\n`, tuple(...args), 'R').subarray(2)
const orderedDict = 'ccollections\nOrderedDict\n'

/** Pickles that Python would run code for, and the name that the error must give. */
const unsafe: [string, Buffer, RegExp][] = [
  ['os.system', pickle(call('os system', text('id')), '.'), /os\.system/],
  ['posix.system', pickle(call('posix system', text('id')), '.'), /posix\.system/],
  ['builtins.eval', pickle(call('builtins eval', text('1')), '.'), /builtins\.eval/],
  ['__builtin__.exec', pickle(call('__builtin__ exec', text('1')), '.'), /__builtin__\.exec/],
  ['a name that is never called', pickle('cos\nsystem\n.'), /os\.system/],
  [
    'a call among tensors',
    dict({ a: tensor(), b: call('subprocess Popen', text('id')) }),
    /subprocess\.Popen/,
  ],
  [
    'a call inside the arguments of a tensor',
    dict({ a: call('torch._utils _rebuild_tensor_v2', call('os system', text('id'))) }),
    /os\.system/,
  ],
  [
    'a call inside the state of a dict',
    pickle(orderedDict, ')R(', text('a'), tensor(), 'u}', text('m'), call('os system', text('id')), 'sb.'),
    /os\.system/,
  ],
  ['STACK_GLOBAL', pickle('\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.'), /os\.system/],
  [
    'STACK_GLOBAL with names from the memo',
    pickle('(\x8c\x02os\x94\x8c\x06system\x94tq\x05h\0h\x01\x93.'),
    /os\.system/,
  ],
  [
    'a name inside an allowed module',
    pickle('ccollections\nOrderedDict.__init__\n.'),
    /OrderedDict\.__init__/,
  ],
  [
    'another function of torch._utils',
    pickle(call('torch._utils _import_dotted_name', text('os.system')), '.'),
    /_import_dotted_name/,
  ],
  ['torch.load', pickle(call('torch load', text('x')), '.'), /torch\.load/],
  ['torch.jit', pickle('ctorch.jit\nload\n.'), /torch\.jit\.load/],
  ['a storage class that is called', pickle(call('torch FloatStorage', int(9)), '.'), /torch\.FloatStorage/],
  [
    'a module that is named like ours',
    pickle('ctorch\n_utils._rebuild_tensor_v2\n.'),
    /_utils\._rebuild_tensor_v2/,
  ],
  ['a name with odd characters', pickle('cos\r\nsystem\x07\n.'), /os\\r\.system\\u0007/],
  ['INST', pickle('(', text('id'), 'ios\nsystem\n.'), /INST of os\.system/],
  ['OBJ', pickle('(', orderedDict, text('id'), 'o.'), /OBJ/],
  ['NEWOBJ', pickle(orderedDict, ')\x81.'), /NEWOBJ/],
  ['NEWOBJ_EX', pickle(orderedDict, ')}\x92.'), /NEWOBJ_EX/],
  ['an extension', pickle('\x82\x01.'), /EXT1/],
  ['BUILD of something else than a dict', pickle('}}b.'), /state/],
]

/** Pickles that are no code, and no state dict either. */
const corrupt: [string, Buffer][] = [
  ['a call of text', pickle(text('os.system'), ')R.')],
  ['a call without a tuple', pickle(orderedDict, ']R.')],
  ['OrderedDict of odd arguments', pickle(call('collections OrderedDict', int(1)), '.')],
  ['OrderedDict of two arguments', pickle(call('collections OrderedDict', ']', ']'), '.')],
  [
    'OrderedDict of items that are no pairs',
    pickle(call('collections OrderedDict', pickle('](', int(1), 'e').subarray(2)), '.'),
  ],
  ['a tensor of no arguments', pickle(call('torch._utils _rebuild_tensor_v2'), '.')],
  [
    'a tensor of 10 arguments',
    pickle(call('torch._utils _rebuild_tensor_v2', ...Array(10).fill(int(0))), '.'),
  ],
  [
    'a parameter that is no tensor',
    pickle(call('torch._utils _rebuild_parameter', int(1), '\x88', '}'), '.'),
  ],
  [
    'a storage of another kind',
    pickle(tuple(text('module'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), int(1)), 'Q.'),
  ],
  [
    'a storage whose class is text',
    pickle(tuple(text('storage'), text('FloatStorage'), text('0'), text('cpu'), int(1)), 'Q.'),
  ],
  [
    'a storage of negative size',
    pickle(tuple(text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), int(-1)), 'Q.'),
  ],
  [
    'a storage that is a view',
    pickle(tuple(text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), int(1), ')'), 'Q.'),
  ],
  ['a memo that was never filled', pickle('h\x07.')],
  ['a huge memo index', pickle('j\xff\xff\xff\xff.')],
  ['a text longer than the file', pickle('X\xff\xff\xff\xffabc.')],
  ['a text that is not UTF-8', pickle('X\x01\0\0\0\xff.')],
  ['a huge LONG1', pickle(`\x8a\xff${'\x7f'.repeat(255)}.`)],
  ['an empty stack', pickle('.')],
  ['values left over', pickle('}}.')],
  ['an open group', pickle('(}.')],
  ['a group that was never opened', pickle('t.')],
  ['a tuple over a group', pickle('}}(\x86.')],
  ['a dict with an odd number of items', pickle('}(', text('a'), 'u.')],
  ['items of a list', pickle('](', text('a'), text('b'), 'u.')],
  ['a dict as a key', pickle('}(}}u.')],
  ['a list that holds itself', pickle(']q\0h\0a.')],
  ['100,000 open groups', pickle('('.repeat(100_000))],
  ['tuples nested 100,000 deep', pickle(')', '\x85'.repeat(100_000), '.')],
  ['two million values', pickle('(', 'N'.repeat(2_000_000), 't.')],
  ['a newer protocol', Buffer.from('\x80\x06}.', 'latin1')],
  ['no end', pickle('}')],
  ['a name without an end', pickle('ccollections\nOrderedDict')],
  ['a name that is never given', pickle(int(1), int(2), '\x93.')],
  ['an opcode that state dicts do not use', pickle('}0.')],
]

describe('a pickle', () => {
  const directory = temporaryDirectory()
  const open = (bytes: Uint8Array) => {
    const path = join(directory(), 'weights.bin')
    writeFileSync(path, torchZip(bytes, [floats(1, 2, 3, 4)]))
    return openCheckpoint(path)
  }

  for (const [title, bytes, name] of unsafe) {
    it(`is refused by name: ${title}`, () => rejectsWith(open(bytes), 'ERR_CHECKPOINT_UNSAFE', name))
  }

  for (const [title, bytes] of corrupt) {
    // Something that is well-formed but no state dict is unsupported, all else corrupt.
    it(`is refused: ${title}`, () =>
      rejectsWith(
        open(bytes),
        /holds itself|nested|LONG1/.test(title) ? 'ERR_CHECKPOINT_UNSUPPORTED' : 'ERR_CHECKPOINT_CORRUPT',
      ))
  }

  it('of a billion laughs takes no time', async () => {
    // 1,000 levels of tuples that each hold the one below twice: 2^1000 leaves, if anyone looked.
    const levels = Array.from({ length: 1000 }, () => 'q\0h\0\x86').join('')
    await rejectsWith(open(pickle(')', levels, '.')), 'ERR_CHECKPOINT_UNSUPPORTED')
  })

  it('in the format before torch 1.6 is read by the same rules', async () => {
    const path = join(directory(), 'legacy.bin')
    const head = Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e', 'hex')
    const info = pickle('}', text('little_endian'), '\x88s.')
    writeFileSync(path, Buffer.concat([head, info, pickle(call('os system', text('id')), '.'), pickle('].')]))
    await rejectsWith(openCheckpoint(path), 'ERR_CHECKPOINT_UNSAFE', /os\.system/)
    writeFileSync(
      path,
      Buffer.concat([head, pickle('}', text('little_endian'), '\x89s.'), dict({}), pickle('].')]),
    )
    await rejectsWith(openCheckpoint(path), 'ERR_CHECKPOINT_UNSUPPORTED', /big-endian/)
  })
})
