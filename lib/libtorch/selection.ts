import type { Flavor } from './places.js'

/** What is taken from a source. */
export interface Wanted {
  readonly flavor: Flavor
  readonly libraries: boolean
  readonly headers: boolean
}

/** What a CPU needs. The official zip puts a hash into the names of the libraries that it bundles. */
const cpuLibrary = /^lib(torch_cpu|c10|gomp|cudart|cupti)(-[0-9a-f]+)?\.so[.0-9]*$/

/** Python's side of torch, tests, profilers and alternative builds: nothing that inference loads. */
const unused =
  /^(libtorch_python|libshm|libtorchbind_test|libjitbackend_test|libbackend_with_compiler|libaoti_custom_ops|libnnapi_backend|libnvperf|libpcsampling|libcheckpoint|libnvblas|libcufftw)|\.alt\.so/

const anyLibrary = /^lib[^/]*\.so[.0-9]*$/

/** Whether a file of a wheel or of an unpacked libtorch belongs into the tree. */
export function selects(path: string, wanted: Wanted): boolean {
  const inner = path.replace(/^torch\//, '')
  if (wanted.headers && inner.startsWith('include/')) return true
  if (!wanted.libraries) return false
  if (inner === 'build-version' || inner === 'build-hash' || path === 'torch/version.py') return true
  const match = /^(?:lib|nvidia\/[^/]+\/lib)\/([^/]+)$/.exec(inner)
  const name = match?.[1]
  if (name === undefined) return false
  if (wanted.flavor === 'cpu') return cpuLibrary.test(name)
  return anyLibrary.test(name) && !unused.test(name)
}
