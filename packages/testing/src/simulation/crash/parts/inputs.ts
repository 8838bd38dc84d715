import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { InputRecord } from './crash-part.ts'

export interface InputOptions {
  readonly topic: string
  readonly random: SeededRandom
  readonly records: number
  /** @defaultValue 1 to 8, by the seed */
  readonly keys?: number
  /** Names the keys. @defaultValue 'k' */
  readonly keyPrefix?: string
}

/** Event time between two records, on average. */
const STEP_MS = 100
/** How much earlier than its predecessor a record may be. */
const DISORDER_MS = 300
const START_MS = 1_000_000

/**
 * Records with values such as `k3:7`: the eighth of key k3. No value comes twice, so what happened to
 * each of them can be told from the output.
 */
export function numberedInputs(options: InputOptions): readonly InputRecord[] {
  const { topic, random, records, keyPrefix = 'k' } = options
  const keys = options.keys ?? 1 + random.below(8)
  const counts = new Map<string, number>()
  return Array.from({ length: records }, (_, index) => {
    const key = `${keyPrefix}${random.below(keys)}`
    const sequence = counts.get(key) ?? 0
    counts.set(key, sequence + 1)
    const timestampMs = START_MS + index * STEP_MS + random.below(2 * DISORDER_MS) - DISORDER_MS
    return { topic, key, value: `${key}:${sequence}`, timestampMs }
  })
}

/** The number behind the colon. */
export function sequenceOf(value: string): number {
  return Number(value.slice(value.indexOf(':') + 1))
}

/** Values by key, in order. */
export function valuesByKey(inputs: readonly InputRecord[]): ReadonlyMap<string, string[]> {
  const byKey = new Map<string, string[]>()
  for (const { key, value } of inputs) {
    if (value === null) continue
    const values = byKey.get(key)
    if (values === undefined) byKey.set(key, [value])
    else values.push(value)
  }
  return byKey
}

/** A list of values as one value, to which one more is added. */
export function append(list: string, value: string): string {
  return list === '' ? value : `${list} ${value}`
}

/** What {@link append} makes of the values of each key, one after the other. */
export function listsByKey(inputs: readonly InputRecord[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...valuesByKey(inputs)].map(([key, values]) => [
      key,
      values.map((_, index) => values.slice(0, index + 1).join(' ')),
    ]),
  )
}

/** The last value of each key. */
export function lastOf(
  sequences: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, string> {
  return new Map([...sequences].map(([key, values]) => [key, values.at(-1) ?? '']))
}

/** The topic as a table: the last value of each key, where that is none. */
export function rowsOf(inputs: readonly InputRecord[]): ReadonlyMap<string, string> {
  const rows = new Map<string, string>()
  for (const { key, value } of inputs) {
    if (value === null) rows.delete(key)
    else rows.set(key, value)
  }
  return rows
}
