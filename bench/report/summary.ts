import type { ResultLine } from '../run/result-line.ts'

const HEADER = [
  '| peer | workload | guarantee | records | runs | wall s | first commit s | records/s (min .. max) | CPU s | CPU µs/record | broker CPU s | max RSS MB | output records | verified |',
  '| --- | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- |',
]

export interface SummaryOptions {
  /** Leaves noisy runs out of the table; they are listed below it either way. */
  readonly quiet: boolean
}

/** Reads result lines, of any peer; lines that are no JSON objects are skipped. */
export function parseResultLines(text: string): ResultLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ResultLine) // Written by a peer or by this program.
}

/** A Markdown table of medians, one row for each peer and workload. */
export function summarize(lines: readonly ResultLine[], { quiet }: SummaryOptions): string {
  const groups = new Map<string, ResultLine[]>()
  for (const line of lines) {
    if (quiet && isNoisy(line)) continue
    const key = JSON.stringify([
      line.peer,
      line.version,
      workOf(line),
      line.guarantee,
      line.records,
    ])
    groups.set(key, [...(groups.get(key) ?? []), line])
  }
  const rows = [...groups.values()].map(rowOf)
  const noisy = lines.filter(isNoisy)
  const title = `Noisy runs, ${quiet ? 'left out' : 'in the table'}:`
  const notes = noisy.length === 0 ? [] : ['', title, '', ...noisy.map(noteOf)]
  return [...HEADER, ...rows, ...notes, ''].join('\n')
}

/** Others took more than a tenth of a core while it ran. */
function isNoisy({ otherCpuSeconds, wallSeconds }: ResultLine): boolean {
  return (otherCpuSeconds ?? 0) > wallSeconds / 10
}

function rowOf(runs: readonly ResultLine[]): string {
  const [first] = runs
  if (first === undefined) return ''
  const of = (pick: (line: ResultLine) => number | undefined, digits = 2): string =>
    medianText(runs.map(pick), digits)
  const rates = runs.map(({ recordsPerSecond }) => recordsPerSecond)
  const spread = `${grouped(Math.min(...rates))} .. ${grouped(Math.max(...rates))}`
  const cells = [
    `${first.peer} ${first.version}`,
    workOf(first),
    first.guarantee,
    grouped(first.records),
    String(runs.length),
    of((line) => line.wallSeconds),
    of((line) => line.firstCommitSeconds),
    `${of((line) => line.recordsPerSecond, 0)} (${spread})`,
    of((line) => line.cpuSeconds),
    of((line) => (line.cpuSeconds / line.records) * 1e6, 1),
    of((line) => line.brokerCpuSeconds),
    of((line) => line.maxRssMb, 0),
    of((line) => line.outputRecords, 0),
    verdict(runs),
  ]
  return `| ${cells.join(' | ')} |`
}

function workOf({ workload, cacheBytes, store, value }: ResultLine): string {
  // Quix has no such cache, and its lines no such field.
  const cache = (cacheBytes as ResultLine['cacheBytes'] | undefined) ?? 'default'
  return [
    workload,
    ...(cache === 'default' ? [] : [`cache ${cache}`]),
    ...(store === 'rocksdb' ? ['on disk'] : []),
    ...(value === 'json' ? ['json'] : []),
  ].join(', ')
}

function verdict(runs: readonly ResultLine[]): string {
  const states = new Set(runs.map(({ verified }) => verified ?? 'not checked'))
  if (states.has(false)) return 'NO'
  states.delete(true)
  return states.size === 0 ? 'yes' : [...states].sort().join(', ')
}

function noteOf(line: ResultLine): string {
  const { peer, guarantee, otherCpuSeconds = 0, wallSeconds, recordsPerSecond } = line
  const rate = grouped(recordsPerSecond)
  return `- ${peer} ${workOf(line)} ${guarantee}: others took ${otherCpuSeconds} CPU s in ${wallSeconds} s (${rate} records/s)`
}

function medianText(values: readonly (number | undefined)[], digits: number): string {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  const middle = known.length >> 1
  const upper = known[middle]
  if (upper === undefined) return '-'
  const lower = known.length % 2 === 0 ? (known[middle - 1] ?? upper) : upper
  return grouped((lower + upper) / 2, digits)
}

function grouped(value: number, digits = 0): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}
