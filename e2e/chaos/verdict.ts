import type { Counted } from './records.ts'

/** One update of a count, as a reader of committed records sees it. */
export interface Update extends Counted {
  /** `<partition>@<offset>` */
  readonly at: string
}

/** One key whose updates are not what they have to be. */
export interface Difference {
  /** Which output or changelog. */
  readonly where: string
  readonly key: string
  readonly expected: string
  readonly got: string
  readonly lost: number
  readonly duplicated: number
}

const EXAMPLES = 5

/**
 * Each input of the key counted once, and the counts 1, 2, 3 … in this order: else an update that was
 * lost and one that came twice could cancel out, or a state that was lost could count anew.
 */
export function compareUpdates(
  where: string,
  key: string,
  expected: readonly number[],
  updates: readonly Update[],
): Difference | undefined {
  const seen = new Set<number>()
  const repeated = updates.filter(({ id }) => seen.size === seen.add(id).size)
  const missing = expected.filter((id) => !seen.has(id))
  const due = new Set(expected)
  const foreign = updates.filter(({ id }) => !due.has(id))
  const wrong = updates.filter(({ count }, index) => count !== index + 1)
  if (repeated.length + missing.length + foreign.length + wrong.length === 0) return undefined
  // Of a sequence with nothing missing or repeated, the first count that is off tells which it is.
  const [first] = wrong
  const isBehind = first !== undefined && first.count < updates.indexOf(first) + 1
  const isPlain = repeated.length + missing.length + foreign.length > 0
  return {
    where,
    key,
    expected: `1 … ${expected.length}${missing.length > 0 ? `, with the inputs ${list(missing)}` : ''}`,
    got: [
      ...(missing.length > 0 ? [`without ${missing.length} of them`] : []),
      ...describe('repeated', repeated),
      ...describe('never fed', foreign),
      ...describe('out of order', wrong),
    ].join('; '),
    lost: missing.length + (!isPlain && isBehind ? wrong.length : 0),
    duplicated: repeated.length + foreign.length + (!isPlain && !isBehind ? wrong.length : 0),
  }
}

/** Counts that only grow, the last of them that of all inputs: what a cache lets through. */
export function compareLatest(
  where: string,
  key: string,
  expected: readonly number[],
  updates: readonly Update[],
): Difference | undefined {
  const back = updates.filter(({ count }, index) => count <= (updates[index - 1]?.count ?? 0))
  const last = updates.at(-1)?.count ?? 0
  if (back.length === 0 && last === expected.length) return undefined
  return {
    where,
    key,
    expected: `${expected.length} at last`,
    got: [`${last} at last`, ...describe('not more than before', back)].join('; '),
    lost: Math.max(expected.length - last, last === expected.length ? 0 : back.length, 0),
    duplicated: Math.max(last - expected.length, last === expected.length ? back.length : 0, 0),
  }
}

function describe(what: string, updates: readonly Update[]): string[] {
  if (updates.length === 0) return []
  const examples = updates.slice(0, EXAMPLES).map(({ count, id, at }) => `${count} (i${id}, ${at})`)
  return [`${updates.length} ${what}: ${examples.join(' ')}`]
}

function list(ids: readonly number[]): string {
  const more = ids.length > EXAMPLES ? ' …' : ''
  return (
    ids
      .slice(0, EXAMPLES)
      .map((id) => `i${id}`)
      .join(' ') + more
  )
}
