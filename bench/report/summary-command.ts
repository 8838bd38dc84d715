import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UsageError } from '../run/run-options.ts'
import { parseResultLines, summarize } from './summary.ts'

/** `bench summary FILE…` */
export function summary(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { all: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  if (positionals.length === 0) throw new UsageError('summary needs a file of result lines')
  const lines = positionals.flatMap((file) => parseResultLines(readFileSync(file, 'utf8')))
  process.stdout.write(summarize(lines, { quiet: !values.all }))
  return 0
}
