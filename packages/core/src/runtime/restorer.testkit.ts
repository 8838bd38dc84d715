import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KafkaAdmin, OffsetSpec } from '../kafka/admin.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { PolledBatch } from '../kafka/group-consumer.ts'
import type { KafkaReader } from '../kafka/reader.ts'
import { silentLogger } from '../observe/logger.ts'
import { partitionKey, type TopicPartitionOffset } from '../record/topic-partition.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import { plainChangelog } from '../state/plain-key-value-store.ts'
import type { ChangelogPosition, TaskState } from '../state/state-backend.ts'
import { systemClock } from '../time/clock.ts'
import { Restorer, type RestoreProgress, type RestoreRequest } from './restorer.ts'
import { createMetrics } from './task-metrics.ts'

export const TOPIC = 'app-counts-changelog'

/** A changelog of one partition. A record that is undefined stands for a commit marker. */
export interface Log {
  readonly start: number
  readonly records: (readonly [key: string, value: string | null] | undefined)[]
  /** Where committed data ends: the reader is given nothing from here on. */
  stableEnd: number
  /** @defaultValue 'first' */
  readonly topicId?: string
}

/** Reads the log a batch at a time, and says where it ends, as the port's contract has it. */
export class LogReader implements KafkaReader {
  readonly #log: Log
  readonly #batch: number
  readonly #positions = new Map<string, number>()
  readonly #toldEnd = new Map<string, number>()
  error: Error | undefined
  /** Awaited by the poll that comes next, once it has its records. */
  hold: Promise<void> | undefined
  closed = false

  constructor(log: Log, batch = 2) {
    this.#log = log
    this.#batch = batch
  }

  get reads(): readonly string[] {
    return [...this.#positions].map(([key, position]) => `${key}@${position}`)
  }

  add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    for (const { topic, partition, offset } of positions) {
      this.#positions.set(partitionKey(topic, partition), offset)
    }
    return Promise.resolve()
  }

  remove(partitions: readonly { topic: string; partition: number }[]): Promise<void> {
    for (const { topic, partition } of partitions) {
      this.#positions.delete(partitionKey(topic, partition))
    }
    return Promise.resolve()
  }

  async poll(): Promise<PolledBatch> {
    await nextTurn()
    if (this.error !== undefined) throw this.error
    const key = partitionKey(TOPIC, 0)
    let position = this.#positions.get(key)
    if (position === undefined) return { records: [], ends: [] }
    const records: ConsumedRecord[] = []
    for (; position < this.#log.stableEnd && records.length < this.#batch; position++) {
      const entry = this.#log.records[position]
      if (entry !== undefined) records.push(recordAt(position, entry))
    }
    this.#positions.set(key, position)
    const atEnd = position === this.#log.stableEnd && this.#toldEnd.get(key) !== position
    if (atEnd) this.#toldEnd.set(key, position)
    const { hold } = this
    this.hold = undefined
    await hold
    return { records, ends: atEnd ? [{ topic: TOPIC, partition: 0, offset: position }] : [] }
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}

function recordAt(offset: number, [key, value]: readonly [string, string | null]): ConsumedRecord {
  return {
    topic: TOPIC,
    partition: 0,
    offset,
    timestamp: 7,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
  }
}

function adminOf(log: Log): KafkaAdmin {
  const offsets = (spec: OffsetSpec): number => {
    if (spec === 'start') return log.start
    return spec === 'end' ? log.records.length : log.stableEnd
  }
  const admin: Pick<KafkaAdmin, 'listOffsets' | 'describeTopics'> = {
    describeTopics: (topics) =>
      Promise.resolve(
        topics.map((topic) => ({ topic, partitions: 1, topicId: log.topicId ?? 'first' })),
      ),
    listOffsets: (partitions, spec) =>
      Promise.resolve(partitions.map((partition) => ({ ...partition, offset: offsets(spec) }))),
  }
  return admin as KafkaAdmin // the restorer asks for no more
}

export function at(offset: number): ChangelogPosition {
  return { offset, topicId: 'first' }
}

export interface Restoring {
  readonly restorer: Restorer
  readonly reader: LogReader
  readonly state: TaskState
  readonly request: RestoreRequest
  readonly progress: RestoreProgress[]
  readonly start: () => Promise<void>
  readonly untilChange: () => Promise<void>
}

export async function restoring(
  log: Log,
  reader: LogReader = new LogReader(log),
): Promise<Restoring> {
  const state = await inMemory().open({ taskId: '0_0', stores: ['counts'], directory: '' })
  const progress: RestoreProgress[] = []
  let changed = false
  const restorer = new Restorer({
    reader,
    admin: adminOf(log),
    scheduler: { ...systemClock, nowMs: () => 0 },
    metrics: createMetrics(),
    logger: silentLogger,
    isBusy: () => false,
    onProgress: (one) => progress.push(one),
    onChange: () => {
      changed = true
    },
  })
  const request: RestoreRequest = {
    taskId: '0_0',
    state,
    store: 'counts',
    topic: TOPIC,
    partition: 0,
    changelog: plainChangelog,
  }
  return {
    restorer,
    reader,
    state,
    request,
    progress,
    start: () => restorer.start('0_0', [request]),
    untilChange: () => until(() => changed),
  }
}

export function contents(state: TaskState): Record<string, string> {
  const bounds = { from: undefined, to: undefined, reverse: false }
  const entries = [...state.entries('counts').range(bounds)]
  return Object.fromEntries(
    entries.map(([key, value]) => [Buffer.from(key).toString(), Buffer.from(value).toString()]),
  )
}

export const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await nextTurn()
}

export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await nextTurn()
}
