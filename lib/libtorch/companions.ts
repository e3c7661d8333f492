import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * NVIDIA's libraries in the order in which torch itself loads them. Order matters: cublasLt before cublas, or cublas
 * takes a cublasLt of another version that the system happens to have.
 */
const preloads: readonly (readonly [folder: string, library: string])[] = [
  ['cublas', 'libcublasLt'],
  ['cublas', 'libcublas'],
  ['cudnn', 'libcudnn'],
  ['cuda_nvrtc', 'libnvrtc'],
  ['cuda_nvrtc', 'libnvrtc-builtins'],
  ['cuda_runtime', 'libcudart'],
  ['cuda_cupti', 'libcupti'],
  ['cufft', 'libcufft'],
  ['curand', 'libcurand'],
  ['nvjitlink', 'libnvJitLink'],
  ['cusparse', 'libcusparse'],
  ['cusparselt', 'libcusparseLt'],
  ['cusolver', 'libcusolver'],
  ['nccl', 'libnccl'],
  ['nvshmem', 'libnvshmem_host'],
  ['cufile', 'libcufile'],
]

/**
 * Absolute paths of the companions of a libtorch, in loading order; those that are not there are left out. They lie
 * beside the torch package (`nvidia/cu13/lib`, `nvidia/cudnn/lib`) or, in a zip, in `lib` itself.
 */
export async function findCompanions(lib: string): Promise<string[]> {
  const nvidia = join(dirname(dirname(lib)), 'nvidia')
  const names = new Map<string, Promise<string[]>>()
  const list = (folder: string) => {
    const known = names.get(folder) ?? readdir(folder).catch(() => [])
    names.set(folder, known)
    return known
  }
  const found: string[] = []
  for (const [folder, library] of preloads) {
    const pattern = new RegExp(`^${library}\\.so\\.[0-9.]*[0-9]$`)
    for (const place of [join(nvidia, folder, 'lib'), join(nvidia, 'cu13/lib'), lib]) {
      const name = (await list(place)).filter((entry) => pattern.test(entry)).sort()[0]
      if (name === undefined) continue
      found.push(join(place, name))
      break
    }
  }
  return found
}
