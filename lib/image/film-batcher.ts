import type { Program, Tensor } from '../../binding.d.ts'

/** What a film needs of the program: `encode` for a film alone, `encode_pair` for one with its prior. */
export interface FilmJob {
  readonly method: string
  /** One crop an input of the method, each uint8 [size, size]. */
  readonly crops: readonly Uint8Array[]
}

interface Waiting extends FilmJob {
  readonly resolve: (rows: Float32Array[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gives films to the device one batch at a time: what arrives while a batch runs makes up the next one, so a single film
 * never waits for others and a folder fills the batches.
 */
export class FilmBatcher {
  readonly #program: Program
  readonly #size: number
  readonly #limit: number
  #waiting: Waiting[] = []
  #running = 0

  /** @param size side of a crop; @param limit most films in one batch */
  constructor(program: Program, size: number, limit: number) {
    this.#program = program
    this.#size = size
    this.#limit = limit
  }

  /** The results of the method for one film: for each tensor that it returns the film's row. */
  run(job: FilmJob): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...job, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    // Two in flight: while one runs, the next is packed and waits in the device's queue.
    if (this.#running >= 2) return
    const method = this.#waiting[0]?.method
    if (method === undefined) return
    const batch = this.#waiting.filter((job) => job.method === method).slice(0, this.#limit)
    this.#waiting = this.#waiting.filter((job) => !batch.includes(job))
    this.#running++
    runFilms(this.#program, this.#size, batch)
      .then(
        (rows) => {
          for (const [i, job] of batch.entries()) job.resolve(rows[i] as Float32Array[])
        },
        (error: unknown) => {
          for (const job of batch) job.reject(error)
        },
      )
      .finally(() => {
        this.#running--
        this.#next()
      })
  }
}

/**
 * Runs films of one method together.
 *
 * @param size side of a crop
 * @returns for each film its row of each tensor that the method gives
 */
export async function runFilms(
  program: Program,
  size: number,
  films: readonly FilmJob[],
): Promise<Float32Array[][]> {
  const { method, crops } = films[0] as FilmJob
  const area = size * size
  const inputs = crops.map((_, input): Tensor => {
    const data = new Uint8Array(films.length * area)
    for (const [i, film] of films.entries()) data.set(film.crops[input] as Uint8Array, i * area)
    return { type: 'uint8', dims: [films.length, 1, size, size], data }
  })
  const results = await program.run(method, inputs)
  return films.map((_, i) => results.map((result) => rowOf(result, i)))
}

/** A copy of row i, so that one film does not keep the whole batch alive. */
function rowOf(result: Tensor, i: number): Float32Array {
  const size = result.data.length / (result.dims[0] as number)
  return (result.data as Float32Array).slice(i * size, (i + 1) * size)
}
