import {
  Dict,
  OrderedDict,
  PickleError,
  type PickleValue,
  persistentStorage,
  printable,
  reduce,
  resolveGlobal,
  setItem,
  Tuple,
} from './pickle-values.js'

/** The bytes ended before the pickle did. */
export class PickleEnd extends PickleError {}

/**
 * Opcodes, and items that one of them goes through again: a tensor of a state dict has about 60, so this is enough for
 * 8,000 of them. BERT-base has 200.
 */
const maxSteps = 500_000
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Opcodes that make Python import or call something; none of them appears in a state dict. */
const running = new Map([
  [0x69, 'INST'],
  [0x6f, 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x92, 'NEWOBJ_EX'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
])

/**
 * Reads a pickle that describes a state dict, without ever executing it: names come from a short list, calls only build
 * descriptions of tensors, and everything else is an error. Returns the value and where the pickle ends.
 * @throws PickleError
 */
export function unpickle(bytes: Uint8Array, start = 0): { value: PickleValue; end: number } {
  const reader = new Unpickler(bytes, start)
  const value = reader.run()
  return { value, end: reader.position }
}

class Unpickler {
  /** Every opcode that is understood, except STOP. */
  static readonly #opcodes: ReadonlyMap<number, (self: Unpickler) => void> = new Map([
    [0x80, (self) => self.#protocol()], // PROTO
    [0x95, (self) => self.#take(8)], // FRAME: a hint for buffering
    [0x28, (self) => self.#marks.push(self.#stack.length)], // MARK
    [0x4e, (self) => self.#push(null)], // NONE
    [0x88, (self) => self.#push(true)], // NEWTRUE
    [0x89, (self) => self.#push(false)], // NEWFALSE
    [0x4b, (self) => self.#push(self.#u8())], // BININT1
    [0x4d, (self) => self.#push(self.#view.getUint16(self.#take(2), true))], // BININT2
    [0x4a, (self) => self.#push(self.#view.getInt32(self.#take(4), true))], // BININT
    [0x8a, (self) => self.#push(self.#long(self.#u8()))], // LONG1
    [0x47, (self) => self.#push(self.#view.getFloat64(self.#take(8), false))], // BINFLOAT
    [0x58, (self) => self.#push(self.#text(self.#u32()))], // BINUNICODE
    [0x8c, (self) => self.#push(self.#text(self.#u8()))], // SHORT_BINUNICODE
    [0x54, (self) => self.#push(self.#text(self.#u32()))], // BINSTRING, Python 2
    [0x55, (self) => self.#push(self.#text(self.#u8()))], // SHORT_BINSTRING, Python 2
    [0x7d, (self) => self.#push(new Dict())], // EMPTY_DICT
    [0x5d, (self) => self.#push([])], // EMPTY_LIST
    [0x29, (self) => self.#push(new Tuple([]))], // EMPTY_TUPLE
    [0x85, (self) => self.#push(new Tuple(self.#popMany(1)))], // TUPLE1
    [0x86, (self) => self.#push(new Tuple(self.#popMany(2)))], // TUPLE2
    [0x87, (self) => self.#push(new Tuple(self.#popMany(3)))], // TUPLE3
    [0x74, (self) => self.#push(new Tuple(self.#popMark()))], // TUPLE
    [0x61, (self) => self.#append(self.#popMany(1))], // APPEND
    [0x65, (self) => self.#append(self.#popMark())], // APPENDS
    [0x73, (self) => self.#setItems(self.#popMany(2))], // SETITEM
    [0x75, (self) => self.#setItems(self.#popMark())], // SETITEMS
    [0x71, (self) => self.#put(self.#u8())], // BINPUT
    [0x72, (self) => self.#put(self.#u32())], // LONG_BINPUT
    [0x94, (self) => self.#put(self.#memo.size)], // MEMOIZE
    [0x68, (self) => self.#get(self.#u8())], // BINGET
    [0x6a, (self) => self.#get(self.#u32())], // LONG_BINGET
    [0x63, (self) => self.#push(resolveGlobal(self.#line(), self.#line()))], // GLOBAL
    [0x93, (self) => self.#stackGlobal()], // STACK_GLOBAL
    [0x51, (self) => self.#push(persistentStorage(self.#pop()))], // BINPERSID
    [0x52, (self) => self.#reduce()], // REDUCE
    [0x62, (self) => self.#build()], // BUILD
  ] satisfies [number, (self: Unpickler) => void][])

  position: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #memo = new Map<number, PickleValue>()
  readonly #marks: number[] = []
  readonly #stack: PickleValue[] = []
  #steps = 0

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = start
  }

  run(): PickleValue {
    for (;;) {
      const at = this.position
      const opcode = this.#bytes[this.#take(1)] ?? 0
      if (opcode === 0x2e /* STOP */) {
        const value = this.#pop()
        if (this.#stack.length > 0 || this.#marks.length > 0) {
          throw new PickleError('it stops with values left over')
        }
        return value
      }
      const step = Unpickler.#opcodes.get(opcode)
      if (step === undefined) throw this.#refuse(opcode, at)
      this.#spend(1)
      step(this)
    }
  }

  #spend(steps: number): void {
    this.#steps += steps
    if (this.#steps > maxSteps) throw new PickleError(`it takes more than ${maxSteps} steps`)
  }

  #refuse(opcode: number, at: number): PickleError {
    const name = running.get(opcode)
    const target = opcode === 0x69 ? ` of ${printable(`${this.#line()}.${this.#line()}`)}` : ''
    if (name) return new PickleError(`it constructs objects (${name}${target} at byte ${at})`, true)
    return new PickleError(`opcode 0x${opcode.toString(16)} at byte ${at} has no place in a state dict`)
  }

  #protocol(): void {
    const version = this.#u8()
    if (version > 5) throw new PickleError(`its protocol ${version} is newer than 5`)
  }

  #reduce(): void {
    const [callee = null, args = null] = this.#popMany(2)
    // They may be the same list again and again.
    if (args instanceof Tuple) {
      for (const item of args.items) this.#spend(itemCount(item))
    }
    this.#push(reduce(callee, args))
  }

  /** `_metadata` of a module's state dict: attributes of the OrderedDict, of no use here. */
  #build(): void {
    this.#pop()
    if (!(this.#top() instanceof OrderedDict)) {
      throw new PickleError('it sets the state of something that is not an OrderedDict', true)
    }
  }

  #stackGlobal(): void {
    const [module, name] = this.#popMany(2)
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new PickleError('it refers to a name that is not text')
    }
    this.#push(resolveGlobal(module, name))
  }

  #append(values: readonly PickleValue[]): void {
    const list = this.#top()
    if (!Array.isArray(list)) throw new PickleError('it appends to something that is not a list')
    for (const value of values) list.push(value)
  }

  #setItems(values: readonly PickleValue[]): void {
    if (values.length % 2 !== 0) throw new PickleError('a key has no value')
    const dict = this.#top()
    for (let i = 0; i < values.length; i += 2) setItem(dict, values[i] ?? null, values[i + 1] ?? null)
  }

  #put(index: number): void {
    this.#memo.set(index, this.#top())
  }

  #get(index: number): void {
    const value = this.#memo.get(index)
    if (value === undefined) throw new PickleError(`it recalls value ${index}, which was never kept`)
    this.#push(value)
  }

  #push(value: PickleValue): void {
    this.#stack.push(value)
  }

  /** Values below the last mark belong to what is being built around: they cannot be popped. */
  #popMany(count: number): PickleValue[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) {
      throw new PickleError('its stack runs empty')
    }
    return this.#stack.splice(this.#stack.length - count)
  }

  #pop(): PickleValue {
    return this.#popMany(1)[0] ?? null
  }

  #top(): PickleValue {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.at(-1) : undefined
    if (value === undefined) throw new PickleError('its stack runs empty')
    return value
  }

  #popMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw new PickleError('it closes a group that was never opened')
    return this.#stack.splice(mark)
  }

  #take(count: number): number {
    const at = this.position
    if (at + count > this.#bytes.length) throw new PickleEnd('it has no end')
    this.position = at + count
    return at
  }

  #u8(): number {
    return this.#bytes[this.#take(1)] ?? 0
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  #text(length: number): string {
    const at = this.#take(length)
    return decode(this.#bytes.subarray(at, at + length))
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position)
    if (end < 0) throw new PickleEnd('it has no end')
    const text = decode(this.#bytes.subarray(this.position, end))
    this.position = end + 1
    return text
  }

  /** Little-endian two's complement; a number where that is exact. */
  #long(length: number): number | bigint {
    const at = this.#take(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i] ?? 0)
    value = BigInt.asIntN(8 * length, value)
    const exact = Number(value)
    return Number.isSafeInteger(exact) ? exact : value
  }
}

function itemCount(value: PickleValue): number {
  if (value instanceof Tuple) return value.items.length
  return Array.isArray(value) ? value.length : 1
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new PickleError('a text is not UTF-8')
  }
}
