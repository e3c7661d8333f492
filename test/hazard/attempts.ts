// Tries loadEngine as often as argv says, in a process of its own, because a load happens once a process:
// argv[2] = JSON array of EngineOptions. Prints the outcomes and what libgomp is told as JSON.
import { loadBinding } from './tiny.js'

const { binding } = loadBinding()
const outcomes: unknown[] = []
for (const options of JSON.parse(process.argv[2] ?? '[]')) {
  outcomes.push(await binding.loadEngine(options).catch(({ code, message }) => ({ code, message })))
}
process.stdout.write(JSON.stringify({ outcomes, spin: process.env['GOMP_SPINCOUNT'] ?? null }))
