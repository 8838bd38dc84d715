import { serdes } from '@millrace/core'
import { finalValues, sameStore, TEXT } from '../run/checks.ts'
import type { InputRecord, PartFactory } from './crash-part.ts'
import { numberedInputs, rowsOf, sequenceOf } from './inputs.ts'

const NONE = 'none'
const joined = (left: string, right: string | null): string => `${left}+${right ?? NONE}`

/**
 * A table joined with the rows that its values name, through two topics and back: subscriptions and answers
 * may overtake each other in whatever way. What is there in the end is the join of what is left of both.
 */
export const foreignKeyJoin: PartFactory = ({ prefix, random, partitions, records }) => {
  const kind = random.pick(['inner', 'left'] as const)
  const [leftTopic, rightTopic, output] = [`${prefix}-left`, `${prefix}-right`, `${prefix}-out`]
  const rights = 1 + random.below(4)
  const withTombstones = (inputs: readonly InputRecord[]): readonly InputRecord[] =>
    inputs.map((one) => (random.below(6) === 0 ? { ...one, value: null } : one))
  const half = Math.ceil(records / 2)
  const left = withTombstones(numberedInputs({ topic: leftTopic, random, records: half }))
  const right = withTombstones(
    numberedInputs({ topic: rightTopic, random, records: half, keys: rights, keyPrefix: 'r' }),
  )
  /** One of the right keys, one that is not there, or none. */
  const foreignKey = (value: string): string | null => {
    const number = (sequenceOf(value) * 7) % (rights + 2)
    return number === rights + 1 ? null : `r${number}`
  }
  const expected = joinOf(kind, rowsOf(left), rowsOf(right), foreignKey)
  const store = `${prefix}-store`
  const string = { key: serdes.string, value: serdes.string }
  const rightPartitions = 1 + random.below(3)
  return {
    description: `${kind} join over a foreign key with ${rights} row(s), ${records} records`,
    topics: {
      [leftTopic]: partitions,
      [rightTopic]: rightPartitions,
      [output]: 1 + random.below(3),
    },
    inputs: left.flatMap((one, index) => [one, right[index] ?? one]),
    addTo(builder) {
      const options = { name: `${prefix}-join`, foreignKey, asksAgain: true, store, ...string }
      const rows = builder.table(leftTopic, string)
      const others = builder.table(rightTopic, string)
      const table =
        kind === 'inner'
          ? rows.join(others, joined, options)
          : rows.leftJoin(others, joined, options)
      table.toStream().to(output)
    },
    check: (outcome) => [
      ...finalValues(outcome, output, expected, { isWrong: (value) => value.startsWith(NONE) }),
      ...sameStore(outcome, store, expected, { value: TEXT }),
    ],
  }
}

function joinOf(
  kind: 'inner' | 'left',
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
  foreignKey: (value: string) => string | null,
): ReadonlyMap<string, string> {
  const rows = new Map<string, string>()
  for (const [key, value] of left) {
    const named = foreignKey(value)
    const other = named === null ? null : (right.get(named) ?? null)
    if (kind === 'inner' && other === null) continue
    rows.set(key, joined(value, other))
  }
  return rows
}
