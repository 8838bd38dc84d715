import { type KTable, serdes } from '@millrace/core'
import { finalValues, sameStore, TEXT } from '../run/checks.ts'
import type { InputRecord, PartFactory } from './crash-part.ts'
import { numberedInputs, rowsOf } from './inputs.ts'

type Rows = KTable<string, string>

const KINDS = ['inner', 'left', 'outer'] as const
type Kind = (typeof KINDS)[number]

const NONE = 'none'
const joined = (left: string | null, right: string | null): string =>
  `${left ?? NONE}+${right ?? NONE}`

/**
 * Two tables joined by key. In which order their changes meet is nobody's promise; what is there in the
 * end is the join of what is left of both.
 */
export const tableJoin: PartFactory = ({ prefix, random, partitions, records }) => {
  const kind = random.pick(KINDS)
  const isStored = random.below(2) === 0
  const [leftTopic, rightTopic, output] = [`${prefix}-left`, `${prefix}-right`, `${prefix}-out`]
  const keys = 1 + random.below(8)
  const inputsOf = (topic: string): readonly InputRecord[] =>
    numberedInputs({ topic, random, records: Math.ceil(records / 2), keys }).map((one) =>
      random.below(5) === 0 ? { ...one, value: null } : one,
    )
  const [left, right] = [inputsOf(leftTopic), inputsOf(rightTopic)]
  const expected = joinOf(kind, rowsOf(left), rowsOf(right))
  const store = `${prefix}-store`
  const string = { key: serdes.string, value: serdes.string }
  const options = { name: `${prefix}-join`, value: serdes.string, ...(isStored ? { store } : {}) }
  return {
    description: `${kind} join of tables${isStored ? ', stored' : ''}, ${records} records`,
    topics: { [leftTopic]: partitions, [rightTopic]: partitions, [output]: 1 + random.below(3) },
    inputs: left.flatMap((one, index) => [one, right[index] ?? one]),
    addTo(builder) {
      const leftTable: Rows = builder.table(leftTopic, string)
      const rightTable: Rows = builder.table(rightTopic, string)
      const table =
        kind === 'inner'
          ? leftTable.join(rightTable, joined, options)
          : kind === 'left'
            ? leftTable.leftJoin(rightTable, joined, options)
            : leftTable.outerJoin(rightTable, joined, options)
      table.toStream().to(output)
    },
    check: (outcome) => [
      ...finalValues(outcome, output, expected, {
        isWrong: (value) => value === `${NONE}+${NONE}`,
      }),
      ...(isStored ? sameStore(outcome, store, expected, { value: TEXT }) : []),
    ],
  }
}

function joinOf(
  kind: Kind,
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const keys = new Set([...left.keys(), ...(kind === 'outer' ? right.keys() : [])])
  const rows = new Map<string, string>()
  for (const key of keys) {
    const [one, other] = [left.get(key) ?? null, right.get(key) ?? null]
    if (kind === 'inner' && other === null) continue
    rows.set(key, joined(one, other))
  }
  return rows
}
