import type { Outcome } from './scenario.ts'

/**
 * The first difference between two outcomes, expected beside actual; undefined when there is none.
 * Compares key, value, timestamp, headers and the input that made a record come out, and the number of dropped
 * records if one is expected.
 */
export function firstDifference(expected: Outcome, actual: Outcome): string | undefined {
  return (
    differenceOfLists('topic', expected.topics, actual.topics) ??
    differenceOfValues('the input that raised an error', expected.errorAt, actual.errorAt) ??
    differenceOfLists('store', expected.stores, actual.stores) ??
    (expected.dropped === undefined
      ? undefined
      : differenceOfValues('dropped records', expected.dropped, actual.dropped))
  )
}

type Lists = ReadonlyMap<string, readonly unknown[]>

function differenceOfLists(what: string, expected: Lists, actual: Lists): string | undefined {
  for (const name of new Set([...expected.keys(), ...actual.keys()])) {
    const wanted = expected.get(name)
    const got = actual.get(name)
    if (wanted === undefined) return `${what} ${name} is not expected`
    if (got === undefined) return `${what} ${name} is missing`
    for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
      const found = differenceOfValues(`${what} ${name}, record ${i}`, wanted[i], got[i])
      if (found !== undefined) return found
    }
  }
  return undefined
}

function differenceOfValues(what: string, expected: unknown, actual: unknown): string | undefined {
  const wanted = printed(expected)
  const got = printed(actual)
  return wanted === got ? undefined : `${what}\n  expected ${wanted}\n  actual   ${got}`
}

function printed(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
