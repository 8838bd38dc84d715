import type { FedRecord } from './records.ts'
import type { Findings } from './targets/trial-target.ts'

const EXAMPLES = 10

/** A record as it arrived; per key in the order of arrival where `order` is said. */
export interface Arrived {
  readonly n: number
  readonly key: string
  readonly text: string
}

/**
 * Every record that was fed is there once, with its content, and nothing else is. With `ordered`, records
 * of a key came in the order in which they were fed.
 */
export function compareArrivals(
  fed: readonly FedRecord[],
  arrived: readonly Arrived[],
  { ordered }: { readonly ordered: boolean },
): Findings {
  const wanted = new Map(fed.map((record) => [record.n, record]))
  const seen = new Set<number>()
  const latest = new Map<string, number>()
  const duplicates: number[] = []
  const problems: string[] = []
  for (const { n, key, text } of arrived) {
    const record = wanted.get(n)
    if (record === undefined) problems.push(`${n} was not committed, and is there`)
    else if (record.key !== key || record.text !== text) problems.push(`${n} has another content`)
    if (seen.has(n)) duplicates.push(n)
    seen.add(n)
    if (ordered && (latest.get(key) ?? -1) > n) problems.push(`${n} of ${key} came out of order`)
    latest.set(key, n)
  }
  const lost = fed.filter(({ n }) => !seen.has(n)).map(({ n }) => n)
  return {
    lost: lost.length,
    duplicated: duplicates.length,
    problems: [
      ...problems.slice(0, EXAMPLES),
      ...examplesOf('lost', lost),
      ...examplesOf('duplicated', duplicates),
    ],
  }
}

/** Of the last records of all keys, the sum of their numbers: a cheap sign that all of them are there. */
export function sumOfLatest(fed: readonly FedRecord[]): number {
  const latest = new Map(fed.map(({ key, n }) => [key, n]))
  return [...latest.values()].reduce((sum, n) => sum + n, 0)
}

/** The last record of each key, and no other key, is there. */
export function compareLatest(
  fed: readonly FedRecord[],
  rows: readonly Arrived[],
): readonly string[] {
  const latest = new Map(fed.map((record) => [record.key, record]))
  const problems: string[] = []
  for (const { key, n, text } of rows) {
    const record = latest.get(key)
    if (record?.n !== n || record.text !== text) {
      problems.push(`latest: ${key} is at ${n}, and should be at ${String(record?.n)}`)
    }
    latest.delete(key)
  }
  problems.push(...[...latest.keys()].map((key) => `latest: ${key} is not there`))
  return problems.slice(0, EXAMPLES)
}

function examplesOf(what: string, records: readonly number[]): string[] {
  if (records.length === 0) return []
  return [`${records.length} ${what}: ${records.slice(0, EXAMPLES).join(' ')}`]
}
