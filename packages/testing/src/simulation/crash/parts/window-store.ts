import {
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  type StreamRecord,
  type WindowStore,
} from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { sameSequences } from '../run/checks.ts'
import type { InputRecord, PartFactory } from './crash-part.ts'
import { append, numberedInputs, sequenceOf } from './inputs.ts'
import { isLive } from './segments.ts'

const SIZE_MS = 30_000
/** The least for which the store has segments of less than this. */
const RETENTION_MS = 240_000
/** Event time between two records of other parts is far less than that of windows. */
const STRETCH = 100
/** How much later than others some records come: sometimes too late. */
const LATEST_MS = 2 * RETENTION_MS

const startOf = (timeMs: number): number => Math.floor(timeMs / SIZE_MS) * SIZE_MS
/** Some records delete their window. */
const deletes = (value: string): boolean => sequenceOf(value) % 9 === 8

/** Windows in a processor's store: what is found must be what was put and has not expired, whatever was restored. */
export const windowStore: PartFactory = ({ prefix, random, partitions, records }) => {
  const [input, output] = [`${prefix}-in`, `${prefix}-out`]
  const inputs = numberedInputs({ topic: input, random, records }).map((one) => ({
    ...one,
    timestampMs: one.timestampMs * STRETCH - (random.below(8) === 0 ? random.below(LATEST_MS) : 0),
  }))
  const changelogCleanup = random.pick(['compact', 'compact,delete'] as const)
  const string = { key: serdes.string, value: serdes.string }
  return {
    description: `window store, ${changelogCleanup}, ${records} records`,
    topics: { [input]: partitions, [output]: 1 + random.below(3) },
    inputs,
    addTo(builder) {
      const store = stores.window(`${prefix}-store`, {
        ...string,
        windowSize: SIZE_MS,
        retention: RETENTION_MS,
        changelogCleanup,
      })
      builder
        .stream(input, string)
        .process(() => new WindowKeeper(`${prefix}-store`), { ...string, stores: [store] })
        .to(output)
    },
    check: (outcome) => sameSequences(outcome, output, expectedOf(inputs, partitions)),
  }
}

class WindowKeeper implements Processor<string, string, string, string> {
  readonly #name: string
  #store!: WindowStore<string, string> // set by init

  constructor(name: string) {
    this.#name = name
  }

  init(context: ProcessorContext<string, string>): void {
    this.#store = context.getStateStore(this.#name) as WindowStore<string, string> // as it was connected
  }

  process(
    record: StreamRecord<string, string>,
    context: ProcessorContext<string, string>,
  ): ReturnType<Processor<string, string, string, string>['process']> {
    const { key, value, timestampMs } = record
    const start = startOf(timestampMs)
    const list = append(this.#store.fetch(key, start) ?? '', value)
    const isTaken = this.#store.put(key, deletes(value) ? null : list, start)
    const found = [...this.#store.fetch(key, 0, timestampMs + SIZE_MS)]
    return context.forward(record.withValue(told(value, isTaken, found)))
  }
}

function told(
  value: string,
  isTaken: boolean,
  found: readonly (readonly [number, string])[],
): string {
  const windows = found.map(([start, list]) => `${start / SIZE_MS}: ${list}`).join(', ')
  return `${value} ${isTaken ? 'taken' : 'late'} [${windows}]`
}

function expectedOf(
  inputs: readonly InputRecord[],
  partitions: number,
): ReadonlyMap<string, readonly string[]> {
  const outputs = new Map<string, string[]>()
  const windows = new Map<string, Map<number, string>>()
  const highest = new Map<number, number>()
  for (const { key, value, timestampMs } of inputs) {
    if (value === null) continue
    const partition = partitionForKey(Buffer.from(key), partitions)
    const start = startOf(timestampMs)
    const ofKey = windows.get(key) ?? new Map<number, string>()
    windows.set(key, ofKey)
    const isTaken = isLive(start, highest.get(partition) ?? 0, RETENTION_MS)
    if (isTaken) {
      highest.set(partition, Math.max(highest.get(partition) ?? 0, start))
      if (deletes(value)) ofKey.delete(start)
      else ofKey.set(start, append(ofKey.get(start) ?? '', value))
    }
    const oldest = (highest.get(partition) ?? 0) - RETENTION_MS
    const found = [...ofKey]
      .filter(([at]) => at > oldest && at <= timestampMs + SIZE_MS)
      .sort(([a], [b]) => a - b)
    outputs.set(key, [...(outputs.get(key) ?? []), told(value, isTaken, found)])
  }
  return outputs
}
