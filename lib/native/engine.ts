import type { Device, EngineInfo, Program, ProgramOptions, Tensor } from '../../binding.d.ts'
import { BiovilError, type ErrorCode, errorCodes } from '../errors.js'
import { findLibtorch, type Libtorch } from '../libtorch/find.js'
import { enabled } from '../libtorch/places.js'
import { type Binding, loadBinding } from './binding.js'

export type DeviceChoice = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`

export interface EngineChoice {
  /** `auto` takes the first CUDA device that libtorch can use, else the CPU. */
  readonly device: DeviceChoice
  /** A libtorch to use and no other. */
  readonly libtorch?: string | undefined
}

/** libtorch, loaded, and a device of it. */
export interface Engine {
  /** The device that was chosen: `cpu`, `cuda:0`, … */
  readonly device: string
  /** All devices that libtorch can use; `cpu` first. */
  readonly devices: readonly Device[]
  /** Version of the libtorch in use. */
  readonly libtorch: string
  readonly info: EngineInfo
  /** Why `auto` does without the CUDA libraries that are there. */
  readonly cudaError?: BiovilError
  /** Binds a graph to weights on the device. Native errors arrive as `BiovilError`. */
  load(options: Omit<ProgramOptions, 'device'>): Promise<Program>
}

/**
 * Finds libtorch and loads it, which happens once a process: later calls, also in other worker threads, get the one
 * that is there. The CUDA libraries are loaded unless the first call asks for `cpu`.
 *
 * @throws ERR_BINDING, ERR_ENGINE_ABI, ERR_LIBTORCH_NOT_FOUND, ERR_LIBTORCH_VERSION, ERR_LIBTORCH_LOAD,
 *   ERR_DEVICE_UNAVAILABLE
 */
export async function loadEngine(choice: EngineChoice): Promise<Engine> {
  const { binding, engine } = loadBinding()
  const { info, cudaError } = await load(binding, engine, choice)
  const devices = binding.devices()
  const device = chooseDevice(choice.device, devices)
  return {
    device,
    devices,
    libtorch: info.libtorch,
    info,
    ...(cudaError === undefined ? {} : { cudaError }),
    async load(options) {
      const program = await binding.Program.load({ ...options, device }).catch(rethrow)
      return new CheckedProgram(program)
    },
  }
}

async function load(
  binding: Binding,
  engine: string,
  choice: EngineChoice,
): Promise<{ info: EngineInfo; cudaError?: BiovilError }> {
  const { device, libtorch } = choice
  const cuda = device === 'auto' ? 'auto' : device !== 'cpu'
  const find = (wanted: boolean | 'auto') =>
    findLibtorch({ cuda: wanted, ...(libtorch === undefined ? {} : { libtorch }) })
  const open = async (found: Libtorch) => {
    const info = await binding
      .loadEngine({
        libraries: found.libraries,
        companions: found.companions,
        engine,
        anyVersion: enabled(process.env, 'LIBTORCH_BYPASS_VERSION_CHECK'),
      })
      .catch(rethrow)
    if (libtorch !== undefined && info.directory !== found.lib) throw anotherLoaded(info, found)
    return info
  }
  const found = await find(cuda)
  try {
    return { info: await open(found) }
  } catch (error) {
    const optional = cuda === 'auto' && found.libraries.some((path) => path.endsWith('_cuda.so'))
    if (!optional || !(error instanceof BiovilError) || error.code !== 'ERR_LIBTORCH_LOAD') throw error
    return { info: await open(await find(false)), cudaError: error }
  }
}

function anotherLoaded(info: EngineInfo, found: Libtorch): BiovilError {
  return new BiovilError(
    'ERR_LIBTORCH_LOAD',
    `Expected libtorch of ${found.lib} but this process has loaded the one of ${info.directory}, and a process can use one only: load the models in separate processes`,
  )
}

function chooseDevice(choice: DeviceChoice, devices: readonly Device[]): string {
  const first = devices.find(({ id }) => id.startsWith('cuda:'))?.id
  if (choice === 'auto') return first ?? 'cpu'
  const wanted = choice === 'cuda' ? first : choice
  if (wanted !== undefined && devices.some(({ id }) => id === wanted)) return wanted
  const hint =
    first === undefined
      ? 'Either there is no NVIDIA device or driver, or CUDA_VISIBLE_DEVICES hides it, or a model loaded earlier in this process asked for device cpu, which leaves CUDA out'
      : `There are ${devices.map(({ id }) => id).join(', ')}`
  throw new BiovilError('ERR_DEVICE_UNAVAILABLE', `Device '${choice}' cannot be used by libtorch. ${hint}`)
}

/** A program whose errors are `BiovilError`s. */
class CheckedProgram implements Program {
  readonly #program: Program

  constructor(program: Program) {
    this.#program = program
  }

  run(method: string, inputs: readonly Tensor[]): Promise<Tensor[]> {
    return this.#program.run(method, inputs).catch(rethrow)
  }

  close(): void {
    this.#program.close()
  }
}

const hints: { readonly [code in ErrorCode]?: string } = {
  ERR_LIBTORCH_LOAD: 'A complete one comes with: npx biovil libtorch install',
  ERR_LIBTORCH_VERSION:
    'The right one comes with: npx biovil libtorch install. LIBTORCH_BYPASS_VERSION_CHECK=1 tries this one all the same',
  ERR_ENGINE_ABI: 'Install the package again, or build it again: npm run compile:native',
}

function rethrow(error: unknown): never {
  const { code, message } = error as { code?: unknown; message: string }
  if (!(error instanceof Error) || typeof code !== 'string' || !Object.hasOwn(errorCodes, code)) throw error
  if (error instanceof TypeError || error instanceof RangeError) throw error
  const hint = hints[code as ErrorCode]
  throw new BiovilError(code as ErrorCode, hint === undefined ? message : `${message}. ${hint}`)
}
