import { serdes, tumbling } from '@millrace/core'
import { sameSequences } from '../run/checks.ts'
import type { Outcome } from '../run/outcome.ts'
import type { Difference, InputRecord, PartFactory } from './crash-part.ts'
import { append, numberedInputs } from './inputs.ts'

const WINDOW_MS = 1000
const SECOND_WINDOW_MS = 4000
/** More than records are out of order, and than event time of idle inputs can be ahead of what is on its way. */
const GRACE_MS = 1000
/** More than the pauses of a partition that still gets records. */
const IDLE_MS = 1500
/** Windows that have closed are looked for once a second, in which event time may leap. */
const RETENTION = '1 hour'
const FINAL = { emit: 'on-window-close' } as const

type Lists = ReadonlyMap<string, readonly string[]>

/**
 * Windows that are sent once, when they have closed, also the last ones, which no record closes: event time goes on
 * when the inputs are idle. Whatever happens, each comes once and complete; none is closed before its time by a
 * broker that is away or a member that stands still. Half of the runs have windows of those windows behind a
 * repartition topic, without any grace: what closes them must not overtake what upstream holds back.
 */
export const idleWindows: PartFactory = ({ prefix, random, partitions, records }) => {
  const hasSecond = random.below(2) === 0
  const groups = 1 + random.below(3)
  const partitionsThere = 1 + random.below(3)
  const [input, output, second] = [`${prefix}-in`, `${prefix}-out`, `${prefix}-second`]
  // Tasks side by side are not at the same time, with or without idleness: the second stage would be late for some.
  const inputPartitions = hasSecond ? 1 : partitions
  const inputs = numberedInputs({ topic: input, random, records })
  const groupOf = (key: string): string => `g${Number(key.slice(1)) % groups}`
  const lists = listsOf(inputs)
  const counts = countsOf(inputs, lists, groupOf)
  const string = { key: serdes.string, value: serdes.string }
  const check = (outcome: Outcome): readonly Difference[] => [
    ...sameSequences(outcome, output, lists),
    ...(hasSecond ? sameSequences(outcome, second, counts) : []),
  ]
  return {
    description: `windows of idle inputs${hasSecond ? ', and windows of them' : ''}, ${records} records`,
    topics: { [input]: inputPartitions, [output]: 1 + random.below(3), [second]: 1 },
    inputs,
    addTo(builder) {
      const windows = builder
        .stream(input, { ...string, watermark: { idle: IDLE_MS } })
        .groupByKey()
        .windowedBy(tumbling(WINDOW_MS, { grace: GRACE_MS }), FINAL)
        .aggregate({
          init: () => '',
          add: (_, value, list) => append(list, value),
          store: `${prefix}-store`,
          value: serdes.string,
          retention: RETENTION,
        })
        .toStream()
      windows.map(({ key, window }, list) => [`${key}@${window.startMs}`, list], string).to(output)
      if (!hasSecond) return
      windows
        .map(({ key }, list) => [groupOf(key), list], string)
        .repartition({ name: `${prefix}-there`, ...string, partitions: partitionsThere })
        .groupByKey()
        .windowedBy(tumbling(SECOND_WINDOW_MS, { grace: 0 }), FINAL)
        .aggregate({
          init: () => 0,
          add: (_, list, count) => count + list.split(' ').length,
          store: `${prefix}-second-store`,
          value: serdes.long,
          retention: RETENTION,
        })
        .toStream()
        .map(({ key, window }, count) => [`${key}@${window.startMs}`, String(count)], string)
        .to(second)
    },
    isComplete: (outcome) => check(outcome).length === 0,
    check,
  }
}

function startOf(timestampMs: number, sizeMs: number): number {
  return timestampMs - (timestampMs % sizeMs)
}

/** The list of each key and window. */
function listsOf(inputs: readonly InputRecord[]): Lists {
  const lists = new Map<string, readonly string[]>()
  for (const { key, value, timestampMs } of inputs) {
    const name = `${key}@${startOf(timestampMs, WINDOW_MS)}`
    lists.set(name, [append(lists.get(name)?.[0] ?? '', value ?? '')])
  }
  return lists
}

/** How many values the windows have that fall into each window of a group, by their last timestamps. */
function countsOf(
  inputs: readonly InputRecord[],
  lists: Lists,
  groupOf: (key: string) => string,
): Lists {
  const lastMs = new Map<string, number>()
  for (const { key, timestampMs } of inputs) {
    const name = `${key}@${startOf(timestampMs, WINDOW_MS)}`
    lastMs.set(name, Math.max(lastMs.get(name) ?? 0, timestampMs))
  }
  const counts = new Map<string, number>()
  for (const [window, [list = '']] of lists) {
    const [key = ''] = window.split('@')
    const startMs = startOf(lastMs.get(window) ?? 0, SECOND_WINDOW_MS)
    const name = `${groupOf(key)}@${startMs}`
    counts.set(name, (counts.get(name) ?? 0) + list.split(' ').length)
  }
  return new Map([...counts].map(([name, count]) => [name, [String(count)]]))
}
