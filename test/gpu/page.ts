import type { Report, StageReport } from './report.js'

/** The report as a page of Markdown. */
export function page(report: Report): string {
  const { rehearsal, device, version, binaries, started, seconds, passed, stages } = report
  const failed = stages.filter(({ status }) => ['failed', 'timed out', 'skipped'].includes(status))
  return [
    `# biovil ${version} on ${device}: ${passed ? 'passed' : 'FAILED'}`,
    rehearsal ? '**REHEARSAL on the CPU: nothing here was measured on a GPU.**' : undefined,
    `${started}, ${seconds} s. Binaries: ${binaries}.${
      failed.length === 0 ? '' : ` Not passed: ${failed.map(({ name }) => name).join(', ')}.`
    }`,
    table(
      ['stage', '', 'seconds', 'of'],
      stages.map(({ title, status, seconds, limit }) => [title, status, seconds, limit]),
    ),
    ...stages.flatMap(section),
    '',
  ]
    .filter((part) => part !== undefined)
    .join('\n\n')
}

function section({ title, status, exit, output, findings }: StageReport): string[] {
  const { checks, figures, left, error } = findings
  const parts = [`## ${title}: ${status}`]
  if (error !== undefined) parts.push(`Error: ${error}`)
  if (exit !== undefined && exit !== '0') parts.push(`The process ended with ${exit}.`)
  for (const why of left) parts.push(`Left out: ${why}.`)
  if (checks.length > 0) {
    parts.push(
      table(
        ['check', 'found', 'expected', ''],
        checks.map(({ what, found, expected, passed }) => [
          what,
          show(found),
          expected,
          passed ? 'ok' : '**FAIL**',
        ]),
      ),
    )
  }
  if (Object.keys(figures).length > 0)
    parts.push(
      table(
        ['figure', ''],
        Object.entries(figures).map(([name, value]) => [name, show(value)]),
      ),
    )
  if (output !== undefined) parts.push(`\`\`\`\n${output.trim()}\n\`\`\``)
  return parts
}

function show(value: unknown): string {
  if (typeof value === 'number') {
    return value !== 0 && Math.abs(value) < 1e-3
      ? value.toExponential(1)
      : String(Number(value.toPrecision(4)))
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const line = (cells: readonly unknown[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
