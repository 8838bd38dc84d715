import { type KStream, serdes } from '@millrace/core'
import { sameSequences } from '../run/checks.ts'
import { outputsWithoutFaults } from '../run/without-faults.ts'
import type { CrashPart, InputRecord, PartSeed } from './crash-part.ts'
import { numberedInputs } from './inputs.ts'

export type Texts = KStream<string, string>

export interface OperatorPart {
  /** What the seed decided, in words. */
  readonly description: string
  /** Changes the inputs, which are in order but for a third of a second. */
  readonly input?: (record: InputRecord, index: number) => InputRecord
  /** True: a cache may leave values out in favour of later ones. */
  readonly maySkip?: boolean
  /** Names of stores begin with `prefix`. */
  readonly build: (stream: Texts, prefix: string) => KStream<string, string | null>
}

/**
 * Operators over one topic, within one task: every record has its place in one order, whatever happens. So
 * what comes out, in values and in order, is what comes out when nothing happens, which is for other
 * tests to find right.
 */
export function operatorPart(seed: PartSeed, part: OperatorPart): CrashPart {
  const { prefix, random, partitions, records } = seed
  const { input: changed = (record: InputRecord) => record } = part
  const [input, output] = [`${prefix}-in`, `${prefix}-out`]
  const topics = { [input]: partitions, [output]: 1 + random.below(3) }
  const inputs = numberedInputs({ topic: input, random, records }).map(changed)
  const addTo: CrashPart['addTo'] = (builder) => {
    const stream = builder.stream(input, { key: serdes.string, value: serdes.string })
    part.build(stream, prefix).to(output, { key: serdes.string, value: serdes.string })
  }
  return {
    description: `${part.description}, ${records} records`,
    topics,
    inputs,
    // Looks at the clock would depend on how long faults take.
    options: { emitInterval: 0 },
    addTo,
    async check(outcome) {
      const expected = await outputsWithoutFaults({ topics, inputs, addTo }, output)
      return sameSequences(outcome, output, expected, { maySkip: part.maySkip ?? false })
    },
  }
}
