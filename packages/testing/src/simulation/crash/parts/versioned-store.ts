import {
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  type StreamRecord,
  type VersionedKeyValueStore,
} from '@millrace/core'
import { sameSequences } from '../run/checks.ts'
import type { InputRecord, PartFactory } from './crash-part.ts'
import { numberedInputs } from './inputs.ts'

/** Longer than a run: what is older than the history is another matter. */
const HISTORY_MS = 3_600_000
/** How far back the second read looks. */
const BACK_MS = 500

/** Versions put out of order in a processor's store: what is valid at a time is what the times say. */
export const versionedStore: PartFactory = ({ prefix, random, partitions, records }) => {
  const [input, output] = [`${prefix}-in`, `${prefix}-out`]
  const inputs = numberedInputs({ topic: input, random, records })
  const string = { key: serdes.string, value: serdes.string }
  return {
    description: `versioned store, ${records} records`,
    topics: { [input]: partitions, [output]: 1 + random.below(3) },
    inputs,
    addTo(builder) {
      const name = `${prefix}-store`
      const store = stores.versionedKeyValue(name, { ...string, historyRetention: HISTORY_MS })
      builder
        .stream(input, string)
        .process(() => new VersionKeeper(name), { ...string, stores: [store] })
        .to(output)
    },
    check: (outcome) => sameSequences(outcome, output, expectedOf(inputs)),
  }
}

class VersionKeeper implements Processor<string, string, string, string> {
  readonly #name: string
  #store!: VersionedKeyValueStore<string, string> // set by init

  constructor(name: string) {
    this.#name = name
  }

  init(context: ProcessorContext<string, string>): void {
    this.#store = context.getStateStore(this.#name) as VersionedKeyValueStore<string, string> // as it was connected
  }

  process(
    record: StreamRecord<string, string>,
    context: ProcessorContext<string, string>,
  ): ReturnType<Processor<string, string, string, string>['process']> {
    const { key, value, timestampMs } = record
    this.#store.put(key, value, timestampMs)
    const latest = this.#store.get(key)?.value
    const before = this.#store.get(key, timestampMs - BACK_MS)?.value
    return context.forward(record.withValue(told(value, latest, before)))
  }
}

function told(value: string, latest: string | undefined, before: string | undefined): string {
  return `${value}, latest ${latest ?? 'none'}, before ${before ?? 'none'}`
}

function expectedOf(inputs: readonly InputRecord[]): ReadonlyMap<string, readonly string[]> {
  const outputs = new Map<string, string[]>()
  const versions = new Map<string, Map<number, string>>()
  const asOf = (key: string, timeMs: number): string | undefined => {
    const valid = [...(versions.get(key) ?? [])].filter(([at]) => at <= timeMs)
    return valid.sort(([a], [b]) => b - a)[0]?.[1]
  }
  for (const { key, value, timestampMs } of inputs) {
    if (value === null) continue
    versions.set(key, (versions.get(key) ?? new Map<number, string>()).set(timestampMs, value))
    const text = told(value, asOf(key, Infinity), asOf(key, timestampMs - BACK_MS))
    outputs.set(key, [...(outputs.get(key) ?? []), text])
  }
  return outputs
}
