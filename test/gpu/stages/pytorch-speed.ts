import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../support/root.js'
import type { Context } from '../context.js'

/** Context for the figures of biovil: what PyTorch's own modules of these sizes do on the same machine. */
export async function run({ record, device, python }: Context): Promise<void> {
  if (python === undefined) return record.leaveOut('needs Python with PyTorch')
  record.figure(
    'of',
    'forward of random modules alone, inputs on the device: no tokenizer, decoding or copying',
  )
  const child = spawn(python, [join(root, 'scripts/gpu/forward.py'), device], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { name, value, left } = JSON.parse(line) as { name?: string; value?: number; left?: string }
    if (left !== undefined) record.leaveOut(left)
    else if (name !== undefined) record.figure(name, value)
  }
}
