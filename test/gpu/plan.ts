/** Stages of the check, in order. Each runs in a process of its own, so that one that crashes costs only itself. */
export interface Stage {
  readonly name: string
  readonly title: string
  /** Seconds after which it is stopped. */
  readonly limit: number
  /** Stages that must have passed. */
  readonly needs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export const stages: readonly Stage[] = [
  { name: 'machine', title: 'The machine', limit: 30 },
  { name: 'load', title: 'Addon, engine and libtorch load', limit: 60 },
  { name: 'demo', title: 'biovil-demo equals PyTorch', limit: 60, needs: ['load'] },
  { name: 'weights', title: 'Seeded weights of full size', limit: 90, needs: ['load'] },
  { name: 'text', title: 'Text in float32 equals the reference', limit: 60, needs: ['weights'] },
  { name: 'films', title: 'Films in float32 equal the reference', limit: 60, needs: ['weights'] },
  {
    name: 'tf32',
    title: 'The same with TF32 forbidden by the driver',
    limit: 60,
    needs: ['films'],
    env: { NVIDIA_TF32_OVERRIDE: '0' },
  },
  { name: 'half', title: 'float16 and bfloat16 stay near the reference', limit: 60, needs: ['weights'] },
  {
    name: 'faults',
    title: 'No such device; closed and terminated while running',
    limit: 60,
    needs: ['load'],
  },
  { name: 'exit', title: 'The process ends while a batch runs', limit: 30, needs: ['load'] },
  { name: 'memory', title: 'Memory runs out and comes back', limit: 60, needs: ['weights'] },
  { name: 'text-speed', title: 'Throughput of text', limit: 60, needs: ['weights'] },
  { name: 'film-speed', title: 'Throughput of films', limit: 60, needs: ['weights'] },
  { name: 'pytorch-speed', title: "PyTorch's own forward of such networks", limit: 60 },
]

/** The engine is built on the machine only where the packed one does not load. */
export const build: Stage = { name: 'build', title: 'Addon and engine are built here', limit: 240 }

/** Seconds for all stages together. */
export const totalLimit = 500
