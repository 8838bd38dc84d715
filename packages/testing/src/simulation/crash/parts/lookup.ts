import { serdes } from '@millrace/core'
import type { PartFactory } from './crash-part.ts'
import { sequenceOf } from './inputs.ts'
import { operatorPart } from './operator-part.ts'

const isRow = (value: string): boolean => sequenceOf(value) % 3 === 0
const deletes = (value: string): boolean => sequenceOf(value) % 9 === 6

/** Some records are rows of a table, which the others look up: as it is, or as it was at their time. */
export const lookup: PartFactory = (seed) => {
  const { random } = seed
  const kind = random.pick(['inner', 'left'] as const)
  const history = random.pick([undefined, 400, 5000])
  const grace = history === undefined ? undefined : random.pick([undefined, 300])
  return operatorPart(seed, {
    description: `${kind} join with a table, history ${history ?? 'none'}, grace ${grace ?? 'none'}`,
    build: (stream, prefix) => {
      const table = stream
        .filter((_, value) => isRow(value))
        .mapValues((value) => (deletes(value) ? null : value), {
          value: serdes.nullable(serdes.string),
        })
        .toTable({
          key: serdes.string,
          value: serdes.nullable(serdes.string),
          store: `${prefix}-rows`,
          ...(history === undefined ? {} : { versioned: history }),
        })
      const others = stream.filterNot((_, value) => isRow(value))
      const options = {
        name: `${prefix}-join`,
        value: serdes.string,
        ...(grace === undefined ? {} : { grace }),
      }
      return kind === 'inner'
        ? others.join(table, (left, right) => `${left}+${right}`, options)
        : others.leftJoin(table, (left, right) => `${left}+${right ?? 'none'}`, options)
    },
  })
}
