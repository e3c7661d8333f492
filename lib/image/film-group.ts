import type { Program } from '../../binding.d.ts'
import { type FilmJob, runFilms } from './film-batcher.js'

/** One film's part of a group: it runs or leaves, once. */
export interface FilmPlace {
  /** The results of the method for this film: for each tensor that it returns the film's row. */
  run(crops: readonly Uint8Array[]): Promise<Float32Array[]>
  /** Nothing will come; later calls change nothing. */
  leave(): void
}

interface Member {
  readonly method: string
  readonly inputs: number
  job?: FilmJob
  settled: boolean
  readonly resolve: (rows: Float32Array[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Films that go to the device together because of their numbers in a stream. Which films share a batch decides the last
 * bits of their rows, so neither what else is asked of the device nor a film that cannot be read may change it: a blank
 * film stands where one has left.
 */
export class FilmGroup {
  readonly #program: Program
  readonly #size: number
  readonly #members: Member[] = []
  #sealed = false

  /** @param size side of a crop */
  constructor(program: Program, size: number) {
    this.#program = program
    this.#size = size
  }

  get length(): number {
    return this.#members.length
  }

  /**
   * @param method of the program
   * @param inputs crops that it takes
   */
  place(method: string, inputs: number): FilmPlace {
    let member: Member | undefined
    const rows = new Promise<Float32Array[]>((resolve, reject) => {
      member = { method, inputs, settled: false, resolve, reject }
      this.#members.push(member)
    })
    rows.catch(() => {}) // Whoever runs awaits it; one that has left does not.
    const settle = (job?: FilmJob) => {
      if (member === undefined || member.settled) return
      Object.assign(member, { settled: true, job })
      this.#start()
    }
    return {
      run(crops) {
        settle({ method, crops })
        return rows
      },
      leave: () => settle(),
    }
  }

  /** No further film belongs to the group. */
  seal(): void {
    this.#sealed = true
    this.#start()
  }

  #start(): void {
    if (!this.#sealed || !this.#members.every(({ settled }) => settled)) return
    for (const method of new Set(this.#members.map((member) => member.method))) {
      void this.#run(this.#members.filter((member) => member.method === method))
    }
  }

  async #run(members: readonly Member[]): Promise<void> {
    if (!members.some(({ job }) => job)) return
    const blank = new Uint8Array(this.#size * this.#size)
    const films = members.map(
      ({ method, inputs, job }) => job ?? { method, crops: new Array<Uint8Array>(inputs).fill(blank) },
    )
    try {
      const rows = await runFilms(this.#program, this.#size, films)
      for (const [i, { resolve }] of members.entries()) resolve(rows[i] as Float32Array[])
    } catch (error) {
      for (const { reject } of members) reject(error)
    }
  }
}
