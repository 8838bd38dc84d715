import { joinWindows, serdes } from '@millrace/core'
import type { PartFactory } from './crash-part.ts'
import { sequenceOf } from './inputs.ts'
import { operatorPart } from './operator-part.ts'

/** How much later than others some records come: sometimes too late. */
const LATEST_MS = 3000

/**
 * Every other record of a key is one of the left stream, the rest are of the right one. A match, and a record
 * that has stayed alone, comes once, and when it would come without faults.
 */
export const streamJoin: PartFactory = (seed) => {
  const { random } = seed
  const kind = random.pick(['inner', 'left', 'outer'] as const)
  const [before, after] = [random.below(1500), random.below(1500)]
  const grace = random.pick([0, 500])
  const lates = random.below(2) === 0
  return operatorPart(seed, {
    description: `${kind} join of streams, ${before} ms before to ${after} ms after, grace ${grace} ms`,
    input: (one) =>
      lates && random.below(8) === 0
        ? { ...one, timestampMs: one.timestampMs - random.below(LATEST_MS) }
        : one,
    build: (stream, prefix) => {
      const left = stream.filter((_, value) => sequenceOf(value) % 2 === 0)
      const right = stream.filterNot((_, value) => sequenceOf(value) % 2 === 0)
      const options = {
        within: joinWindows({ before, after }, { grace }),
        store: prefix,
        value: serdes.string,
      }
      const joined = (one: string | null, other: string | null): string =>
        `${one ?? 'none'}+${other ?? 'none'}`
      if (kind === 'inner') return left.join(right, joined, options)
      return kind === 'left'
        ? left.leftJoin(right, joined, options)
        : left.outerJoin(right, joined, options)
    },
  })
}
