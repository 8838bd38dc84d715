import { serdes } from '@millrace/core'
import type { Difference } from '../parts/crash-part.ts'
import type { Outcome } from './outcome.ts'

/** How the bytes of a value are read. */
export type ValueReader = (bytes: Uint8Array) => string

export const TEXT: ValueReader = (bytes) => Buffer.from(bytes).toString('utf8')
export const LONG: ValueReader = (bytes) => String(serdes.long.deserialize(bytes, ''))

export interface SequenceOptions {
  /** @defaultValue {@link TEXT} */
  readonly value?: ValueReader
  /** A value may be left out in favour of a later one, as caches do. @defaultValue false */
  readonly maySkip?: boolean
}

/** Each key has exactly these values, in this order. */
export function sameSequences(
  outcome: Outcome,
  topic: string,
  expected: ReadonlyMap<string, readonly string[]>,
  { value = TEXT, maySkip = false }: SequenceOptions = {},
): readonly Difference[] {
  return compareSequences(topic, expected, outputsByKey(outcome, topic, value), { maySkip })
}

/** As {@link sameSequences}, of values that are not in a topic. */
export function compareSequences(
  place: string,
  expected: ReadonlyMap<string, readonly string[]>,
  actual: ReadonlyMap<string, readonly string[]>,
  { maySkip = false }: Pick<SequenceOptions, 'maySkip'>,
): readonly Difference[] {
  return keysOf(expected, actual).flatMap((key) => {
    const wanted = expected.get(key) ?? []
    const found = actual.get(key) ?? []
    const at = maySkip ? firstOutOfOrder(wanted, found) : firstDifference(wanted, found)
    if (at === undefined) return []
    return [difference(`${place}, key ${key}, value ${at}`, wanted[at], found[at], found)]
  })
}

/**
 * Each key's value is a list that grows by one value at a time, and is complete in the end: the values
 * of each origin in their order, the origins mixed in whatever way.
 */
export function grownLists(
  outcome: Outcome,
  topic: string,
  expected: ReadonlyMap<string, readonly (readonly string[])[]>,
  { maySkip = false }: SequenceOptions = {},
): readonly Difference[] {
  const actual = outputsByKey(outcome, topic, TEXT)
  return keysOf(expected, actual).flatMap((key) => {
    const found = actual.get(key) ?? []
    const place = `${topic}, key ${key}`
    let before: readonly string[] = []
    for (const [index, list] of found.entries()) {
      const values = list.split(' ')
      const grown = values.length - before.length
      const isGrown = maySkip ? grown > 0 : grown === 1
      if (!isGrown || before.some((value, at) => value !== values[at])) {
        const wanted = `${before.join(' ')} and one more`
        return [difference(`${place}, value ${index}`, wanted, list, found)]
      }
      before = values
    }
    return (expected.get(key) ?? []).flatMap((origin) => {
      const [name = ''] = (origin[0] ?? '').split(':')
      const ofOrigin = before.filter((value) => value.startsWith(`${name}:`))
      if (ofOrigin.join(' ') === origin.join(' ')) return []
      return [difference(`${place}, origin ${name}`, origin.join(' '), ofOrigin.join(' '), found)]
    })
  })
}

/** Each key's value is a number that only grows. */
export function grownNumbers(outcome: Outcome, topic: string): readonly Difference[] {
  return [...outputsByKey(outcome, topic, TEXT)].flatMap(([key, found]) => {
    const at = found.findIndex(
      (value, index) => index > 0 && Number(value) <= Number(found[index - 1]),
    )
    if (at < 0) return []
    return [
      difference(`${topic}, key ${key}, value ${at}`, `> ${found[at - 1] ?? ''}`, found[at], found),
    ]
  })
}

export interface FinalOptions {
  /** How often each key changes. */
  readonly counts?: ReadonlyMap<string, number>
  /** True of a value that must never come. */
  readonly isWrong: (value: string) => boolean
}

/** The last value of each key is this one; none at all, or a tombstone, where there is none. */
export function finalValues(
  outcome: Outcome,
  topic: string,
  expected: ReadonlyMap<string, string>,
  { counts, isWrong }: FinalOptions,
): readonly Difference[] {
  const actual = outputsByKey(outcome, topic, TEXT)
  return [...new Set([...keysOf(expected, actual), ...(counts?.keys() ?? [])])].flatMap((key) => {
    const found = actual.get(key) ?? []
    const place = `${topic}, key ${key}`
    const wrong = found.findIndex(isWrong)
    if (wrong >= 0)
      return [difference(`${place}, value ${wrong}`, 'no mark of an error', found[wrong], found)]
    const wanted = expected.get(key) ?? TOMBSTONE
    const last = found.at(-1) ?? TOMBSTONE
    if (last !== wanted) return [difference(`${place}, last value`, wanted, last, found)]
    const count = counts?.get(key) ?? 0
    if (counts === undefined || count === found.length) return []
    return [difference(`${place}, number of values`, String(count), String(found.length), found)]
  })
}

export interface StoreOptions {
  readonly value: ValueReader
  /** Keys that this check does not know. */
  readonly isIgnored?: (key: string) => boolean
}

/** The changelog of the store comes to exactly this. */
export function sameStore(
  outcome: Outcome,
  store: string,
  expected: ReadonlyMap<string, string>,
  { value, isIgnored = () => false }: StoreOptions,
): readonly Difference[] {
  const actual = outcome.changelog(store)
  return keysOf(expected, actual)
    .filter((key) => !isIgnored(key))
    .flatMap((key) => {
      const wanted = expected.get(key) ?? TOMBSTONE
      const bytes = actual.get(key)
      const found = bytes === undefined ? TOMBSTONE : value(bytes)
      return found === wanted ? [] : [difference(`store ${store}, key ${key}`, wanted, found)]
    })
}

/** A value that is null, or not there. */
export const TOMBSTONE = '(nothing)'

function outputsByKey(
  outcome: Outcome,
  topic: string,
  read: ValueReader,
): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>()
  for (const { key, value } of outcome.records(topic)) {
    const values = byKey.get(key)
    const text = value === null ? TOMBSTONE : read(value)
    if (values === undefined) byKey.set(key, [text])
    else values.push(text)
  }
  return byKey
}

function keysOf(
  expected: ReadonlyMap<string, unknown>,
  actual: ReadonlyMap<string, unknown>,
): readonly string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].sort()
}

function firstDifference(wanted: readonly string[], found: readonly string[]): number | undefined {
  const length = Math.max(wanted.length, found.length)
  for (let i = 0; i < length; i++) if (wanted[i] !== found[i]) return i
  return undefined
}

/**
 * The first that is not in `wanted` behind the one before it; or the end, when the last one is not the last. Of equal
 * values side by side a cache may leave out the first ones as well.
 */
function firstOutOfOrder(wanted: readonly string[], found: readonly string[]): number | undefined {
  let next = 0
  for (const [index, value] of found.entries()) {
    const at = wanted.indexOf(value, next)
    if (at < 0) return index
    next = at + 1
  }
  const last = found.at(-1)
  return wanted.slice(next).every((value) => value === last) ? undefined : found.length
}

export function difference(
  where: string,
  expected: string | undefined,
  actual: string | undefined,
  all?: readonly string[],
): Difference {
  const context = all === undefined ? '' : `\n      of ${JSON.stringify(all)}`
  return {
    where,
    expected: expected ?? '(no more)',
    actual: `${actual ?? '(no more)'}${context}`,
  }
}
