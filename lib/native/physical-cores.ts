import { readFileSync } from 'node:fs'

/** Cores that this process may use at once: what an engine computes with on the CPU when no number is given. */
export function physicalCores(): number {
  const cores = new Set(
    allowedCpus().map(
      (cpu) => read(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`) || cpu,
    ),
  )
  return Math.max(1, Math.min(cores.size, quota() ?? Number.POSITIVE_INFINITY))
}

/** CPUs of the affinity mask, which the kernel writes as `0-3,8`. */
function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read('/proc/self/status'))?.[1] ?? '0'
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** CPUs that a container may use at once; `undefined` where no quota is set. */
function quota(): number | undefined {
  const group = '/sys/fs/cgroup'
  const text =
    read(`${group}/cpu.max`) ||
    `${read(`${group}/cpu/cpu.cfs_quota_us`)} ${read(`${group}/cpu/cpu.cfs_period_us`)}`
  const [time, period] = text.split(/\s+/).map(Number)
  return time && period && time > 0 && period > 0 ? Math.max(1, Math.round(time / period)) : undefined
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
