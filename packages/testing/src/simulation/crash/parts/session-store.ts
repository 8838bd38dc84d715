import {
  type Processor,
  type ProcessorContext,
  serdes,
  type SessionStore,
  stores,
  type StreamRecord,
} from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { sameSequences } from '../run/checks.ts'
import type { InputRecord, PartFactory } from './crash-part.ts'
import { append, numberedInputs } from './inputs.ts'
import { isLive } from './segments.ts'

const GAP_MS = 20_000
const RETENTION_MS = 240_000
/** Event time between two records of other parts is far less than that of sessions. */
const STRETCH = 100
/** How much later than others some records come: sometimes too late. */
const LATEST_MS = 2 * RETENTION_MS

interface Session {
  readonly startMs: number
  readonly endMs: number
  readonly list: string
}

/** Sessions that grow together in a processor's store: the merged ones go, the new one comes, all or nothing. */
export const sessionStore: PartFactory = ({ prefix, random, partitions, records }) => {
  const [input, output] = [`${prefix}-in`, `${prefix}-out`]
  const inputs = numberedInputs({ topic: input, random, records }).map((one) => ({
    ...one,
    timestampMs: one.timestampMs * STRETCH - (random.below(8) === 0 ? random.below(LATEST_MS) : 0),
  }))
  const string = { key: serdes.string, value: serdes.string }
  return {
    description: `session store, ${records} records`,
    topics: { [input]: partitions, [output]: 1 + random.below(3) },
    inputs,
    addTo(builder) {
      const name = `${prefix}-store`
      const store = stores.session(name, { ...string, retention: RETENTION_MS })
      builder
        .stream(input, string)
        .process(() => new SessionKeeper(name), { ...string, stores: [store] })
        .to(output)
    },
    check: (outcome) => sameSequences(outcome, output, expectedOf(inputs, partitions)),
  }
}

class SessionKeeper implements Processor<string, string, string, string> {
  readonly #name: string
  #store!: SessionStore<string, string> // set by init

  constructor(name: string) {
    this.#name = name
  }

  init(context: ProcessorContext<string, string>): void {
    this.#store = context.getStateStore(this.#name) as SessionStore<string, string> // as it was connected
  }

  process(
    record: StreamRecord<string, string>,
    context: ProcessorContext<string, string>,
  ): ReturnType<Processor<string, string, string, string>['process']> {
    const { key, value, timestampMs } = record
    const found = [
      ...this.#store.findSessions(key, timestampMs - GAP_MS, timestampMs + GAP_MS),
    ].map(([{ window }, list]): Session => ({ ...window, list }))
    const merged = mergedWith(found, value, timestampMs)
    for (const { startMs, endMs } of found) {
      this.#store.remove({ key, window: { startMs, endMs } })
    }
    const window = { startMs: merged.startMs, endMs: merged.endMs }
    const isTaken = this.#store.put({ key, window }, merged.list)
    const left = [...this.#store.fetch(key)].map(([session]) => session.window)
    return context.forward(record.withValue(told(merged, isTaken, left)))
  }
}

function mergedWith(found: readonly Session[], value: string, timeMs: number): Session {
  return {
    startMs: Math.min(timeMs, ...found.map(({ startMs }) => startMs)),
    endMs: Math.max(timeMs, ...found.map(({ endMs }) => endMs)),
    list: append(found.map(({ list }) => list).join(' '), value),
  }
}

function told(
  { startMs, endMs, list }: Session,
  isTaken: boolean,
  left: readonly { readonly startMs: number; readonly endMs: number }[],
): string {
  const windows = left.map((window) => `${window.startMs}-${window.endMs}`).join(', ')
  return `${startMs}-${endMs}: ${list} ${isTaken ? 'taken' : 'late'} [${windows}]`
}

function expectedOf(
  inputs: readonly InputRecord[],
  partitions: number,
): ReadonlyMap<string, readonly string[]> {
  const outputs = new Map<string, string[]>()
  const sessions = new Map<string, readonly Session[]>()
  const highest = new Map<number, number>()
  for (const { key, value, timestampMs } of inputs) {
    if (value === null) continue
    const partition = partitionForKey(Buffer.from(key), partitions)
    const before = highest.get(partition) ?? 0
    const live = (sessions.get(key) ?? []).filter(({ endMs }) => endMs > before - RETENTION_MS)
    const found = live.filter(
      ({ startMs, endMs }) => endMs >= timestampMs - GAP_MS && startMs <= timestampMs + GAP_MS,
    )
    const merged = mergedWith(found, value, timestampMs)
    const isTaken = isLive(merged.endMs, before, RETENTION_MS)
    const now = isTaken ? Math.max(before, merged.endMs) : before
    highest.set(partition, now)
    const left = [...live.filter((one) => !found.includes(one)), ...(isTaken ? [merged] : [])]
      .filter(({ endMs }) => endMs > now - RETENTION_MS)
      .sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs)
    sessions.set(key, left)
    outputs.set(key, [...(outputs.get(key) ?? []), told(merged, isTaken, left)])
  }
  return outputs
}
