import { extname } from 'node:path'
import { Claim } from '../../io/claim.js'
import { UsageError } from '../command.js'
import { guardWrite, requireNoInput, resolveOutput } from '../outputs.js'

/** The files of an output that grows by rows, held by this process alone. Taken before any work. */
export class Reservation implements AsyncDisposable {
  /** As the user named it. */
  readonly name: string
  readonly isNpy: boolean
  /** Where the rows go: `name`, or what it links to. */
  readonly path: string
  /** Where the index of a `.npy` goes. */
  readonly index: string | undefined
  readonly #claims: readonly Claim[]

  private constructor(name: string, files: readonly string[], claims: readonly Claim[]) {
    this.name = name
    this.isNpy = isNpy(name)
    this.path = files[0] as string
    this.index = files[1]
    this.#claims = claims
  }

  static checkName(name: string): void {
    if (!isNpy(name) && extname(name) !== '.jsonl')
      throw new UsageError(`Expected an --output that ends in .npy or .jsonl but received ${name}`)
  }

  /**
   * @param inputs paths of all that is read; `-` is stdin
   * @throws UsageError for an output that is an input; ERR_OUTPUT, ERR_OUTPUT_IN_USE, ERR_DISK_FULL
   */
  static async take(
    name: string,
    options: { withIndex: boolean; inputs: readonly string[]; command: string },
  ): Promise<Reservation> {
    const names = options.withIndex && isNpy(name) ? [name, indexName(name)] : [name]
    const files: string[] = []
    for (const one of names) files.push(await resolveOutput(one))
    await requireNoInput(
      files.flatMap((file) => alongside(file).map((path) => [path, path === file ? name : path] as const)),
      options.inputs,
    )
    const claims: Claim[] = []
    try {
      for (const [i, file] of files.entries()) {
        const take = () => Claim.take(names[i] as string, `${file}.part.lock`, options.command)
        claims.push(await guardWrite(name, take))
      }
    } catch (error) {
      for (const claim of claims) await claim.release()
      throw error
    }
    return new Reservation(name, files, claims)
  }

  /** Whether an earlier run was killed that held it. */
  get wasLeft(): boolean {
    return this.#claims.some(({ wasLeft }) => wasLeft)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const claim of this.#claims) await claim.release()
  }
}

function isNpy(name: string): boolean {
  return extname(name) === '.npy'
}

/** The index beside `F.npy`: `F.index.jsonl`. */
function indexName(name: string): string {
  return name.replace(/\.npy$/, '.index.jsonl')
}

/** A file and what a run writes on the way to it. */
function alongside(file: string): string[] {
  return ['', '.part', '.part.json', '.part.lock', '.keys.part'].map((suffix) => `${file}${suffix}`)
}
