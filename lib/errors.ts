/**
 * Every error that `biovil` raises carries one of these stable codes in `error.code`.
 * Argument errors are `TypeError` / `RangeError` with Node's own codes; all others are {@link BiovilError}.
 * An aborted call rejects with the signal's own reason, untouched.
 */
export const errorCodes = {
  // Arguments
  ERR_INVALID_ARG_TYPE: 'An argument or option has the wrong type.',
  ERR_INVALID_ARG_VALUE: 'An argument or option has a value that is not accepted.',
  ERR_OUT_OF_RANGE: 'A number is outside its range.',
  ERR_UNKNOWN_OPTION: 'An option that does not exist, perhaps misspelt.',
  // Native addon and libtorch
  ERR_BINDING: 'The native addon is missing or does not load on this machine.',
  ERR_ENGINE_ABI: 'Addon and engine come from different builds.',
  ERR_LIBTORCH_NOT_FOUND: 'No libtorch was found.',
  ERR_LIBTORCH_VERSION: 'The libtorch found is not the version the engine was built for.',
  ERR_LIBTORCH_LOAD: 'A shared library of libtorch is missing or does not load.',
  ERR_LIBTORCH_INSTALL: 'No source could provide libtorch.',
  ERR_DEVICE_UNAVAILABLE: 'The requested device does not exist or cannot be used.',
  ERR_OUT_OF_MEMORY: 'Memory of the device or the machine ran out.',
  ERR_NATIVE: 'libtorch failed while running the model.',
  // Models and their files
  ERR_MODEL_UNKNOWN: 'No such model name, and no such directory.',
  ERR_MODEL_FILE_MISSING: 'A model directory lacks a file it needs.',
  ERR_MODEL_CONFIG:
    'config.json, tokenizer_config.json or what a weight file says of itself cannot be read or is not supported.',
  ERR_MODEL_GRAPH: 'No graph fits the model, or the graph is damaged.',
  ERR_MODEL_NOT_CACHED: 'The model is not in the cache and may not be downloaded.',
  ERR_CHECKPOINT_TRUNCATED: 'A weight file ends too early.',
  ERR_CHECKPOINT_CORRUPT:
    'A weight file is damaged: a checksum or its structure is wrong, or weights are NaN or infinite.',
  ERR_CHECKPOINT_CHANGED: 'A weight file was replaced or written while it was being loaded.',
  ERR_CHECKPOINT_UNSAFE: 'A pickle asks for code that a state dict has no use for; it was not run.',
  ERR_CHECKPOINT_UNSUPPORTED: 'A weight file uses a format or a dtype that is not supported.',
  ERR_CHECKPOINT_KEYS: 'Weights that the model needs are missing.',
  ERR_CHECKPOINT_SHAPE: 'A weight has another shape than the configuration says.',
  ERR_NO_HEAD: 'The model has no weights for what was asked (projection or masked-language head).',
  // Text
  ERR_VOCABULARY: 'The vocabulary is not usable: special tokens missing, pieces repeated, not UTF-8.',
  ERR_TEXT_TOO_LONG: 'A text has more tokens than the model has positions.',
  ERR_SPECIAL_TOKEN: 'A text contains a special token other than [MASK].',
  ERR_LONE_SURROGATE: 'A text is not well-formed Unicode.',
  ERR_NO_MASK: 'A text to fill has no [MASK].',
  // Images
  ERR_IMAGE_FORMAT: 'The data is not an image of a known format.',
  ERR_IMAGE_DECODE: 'An image is truncated or damaged.',
  ERR_IMAGE_TOO_LARGE: 'An image declares more pixels than the limit allows.',
  ERR_DICOM_SYNTAX: 'The transfer syntax of a DICOM file is not supported.',
  ERR_DICOM_PIXELS: 'A DICOM file has no pixel data, or lays it out in a way that is not supported.',
  // Downloads and caches
  ERR_DOWNLOAD: 'A download failed.',
  ERR_CHECKSUM: 'A downloaded or stored file is not the published one.',
  ERR_OFFLINE: 'A download is needed but downloads are switched off.',
  ERR_UNAUTHORIZED: 'The server wants a token, or refuses the one it got.',
  ERR_DISK_FULL: 'The disk is full.',
  ERR_CACHE_UNWRITABLE: 'The cache directory cannot be written.',
  // Life cycle and files
  ERR_CLOSED: 'The model was closed.',
  ERR_INPUT: 'An input file or a line of it cannot be read.',
  ERR_OUTPUT: 'An output file cannot be written or does not fit the run that is resumed.',
  ERR_OUTPUT_IN_USE: 'Another run is writing the output.',
} as const

/** A stable error code; the values of {@link errorCodes} say what each one means. */
export type ErrorCode = keyof typeof errorCodes

/** An operational error: the message says what was expected, what came, and what to do about it. */
export class BiovilError extends Error {
  override readonly name = 'BiovilError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

const argumentErrorCodes = [
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_OUT_OF_RANGE',
  'ERR_UNKNOWN_OPTION',
] as const satisfies readonly ErrorCode[]

type ArgumentErrorCode = (typeof argumentErrorCodes)[number]

/** An argument error in Node's manner: `RangeError` for ranges, else `TypeError`, with `code`. */
export function argumentError(code: ArgumentErrorCode, message: string): TypeError | RangeError {
  const error = code === 'ERR_OUT_OF_RANGE' ? new RangeError(message) : new TypeError(message)
  return Object.assign(error, { code })
}

/** Whether an error says that an argument or option is wrong, rather than that the work failed. */
export function isArgumentError(error: unknown): boolean {
  const isKind = error instanceof TypeError || error instanceof RangeError
  return isKind && argumentErrorCodes.some((code) => code === (error as { code?: unknown }).code)
}

/** `Expected <expected> for <name> but received <kind of value>`. */
export function wrongType(name: string, expected: string, value: unknown): TypeError | RangeError {
  return argumentError(
    'ERR_INVALID_ARG_TYPE',
    `Expected ${expected} for ${name} but received ${describe(value)}`,
  )
}

/**
 * What kind of value it is, for an error message. Never the value itself: it may be a text about a patient, or a record
 * number, in the wrong place.
 */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return `a string of ${value.length} characters`
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  return `an instance of ${value.constructor?.name ?? 'Object'}`
}

/** A value of a configuration, which holds no patient's data, for an error message; a long one is cut. */
export function quote(value: unknown): string {
  if (typeof value === 'object') return describe(value)
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
