// argv = lock, log, turns. Takes the lock so often and writes "in" and "out" to the log. `hold`: keeps it for ever.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from './internals.js'

const [lock = '', log = '', turns = ''] = process.argv.slice(2)
if (turns === 'hold') {
  await withLock(lock, async () => {
    process.stdout.write('held\n')
    await sleep(60_000)
  })
}
for (let i = 0; i < Number(turns); i += 1) {
  await withLock(lock, async () => {
    appendFileSync(log, `in ${process.pid}\n`)
    await sleep(2)
    appendFileSync(log, `out ${process.pid}\n`)
  })
}
