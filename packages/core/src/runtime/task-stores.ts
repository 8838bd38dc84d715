import { assert } from '../base/assert.ts'
import type { Awaitable } from '../base/awaitable.ts'
import type { Logger } from '../observe/logger.ts'
import { ChangelogAge } from '../state/changelog-age.ts'
import { type CacheBudget, RecordCache, type CacheScope } from '../state/record-cache.ts'
import type { StateStore } from '../state/state-store.ts'
import type { ChangelogPosition, TaskState } from '../state/state-backend.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { TransactionBuffer } from '../state/transaction-buffer.ts'
import type { Clock } from '../time/clock.ts'
import type { SourceChangelog } from '../topology/topology-node.ts'
import { OperatorTimes } from './operator-times.ts'
import type { RecordCollector } from './record-collector.ts'
import type { TaskInputs } from './task-inputs.ts'

interface OpenStore {
  readonly builder: StoreBuilder
  readonly changelogTopic: string
  /** True when the changelog is a topic that the task reads: nothing is written to it. */
  readonly hasSourceChangelog: boolean
  readonly buffer: TransactionBuffer
  /** Holds back what the store's table forwards. */
  readonly cache: RecordCache | undefined
  readonly store: StateStore
  /** Undefined where the broker keeps the changelog whatever its age. */
  readonly age: ChangelogAge | undefined
}

export interface TaskStoresParts {
  readonly state: TaskState
  readonly builders: readonly StoreBuilder[]
  readonly sourceChangelogs: readonly SourceChangelog[]
  readonly partition: number
  readonly changelogTopic: (store: string) => string
  readonly currentTimestampMs: () => number
  readonly clock: Clock
  readonly logger: Logger
  /** Undefined: no store holds anything back. */
  readonly cacheBudget: CacheBudget | undefined
  readonly cacheScope: CacheScope
  /** What operators committed with the offset of each input. */
  readonly operatorTimes: readonly ReadonlyMap<string, number>[]
}

/**
 * The stores of one task, and the times that its operators keep beside them, as one unit of the transaction.
 *
 * Semantics: {@link writeChangelogs} before the Kafka commit, {@link apply} after it, {@link rollback}
 * instead of it. The backend changes in `apply` only.
 */
export class TaskStores {
  readonly times: OperatorTimes
  readonly #state: TaskState
  readonly #partition: number
  readonly #clock: Clock
  readonly #stores: readonly OpenStore[]
  readonly #byName: ReadonlyMap<string, StateStore>
  /** Changelog records written in the open transaction, by store. */
  #written = new Map<string, number>()

  constructor(parts: TaskStoresParts) {
    this.times = new OperatorTimes(parts.operatorTimes)
    this.#state = parts.state
    this.#partition = parts.partition
    this.#clock = parts.clock
    const sources = new Set(parts.sourceChangelogs.map(({ store }) => store))
    this.#stores = parts.builders.map((builder) => {
      const buffer = new TransactionBuffer(builder.name, parts.state.entries(builder.name))
      const changelogTopic = parts.changelogTopic(builder.name)
      const { currentTimestampMs, cacheBudget, cacheScope } = parts
      const cache =
        builder.caching === true && cacheBudget !== undefined
          ? new RecordCache(cacheBudget, cacheScope)
          : undefined
      const store = builder.build({
        buffer,
        changelogTopic,
        currentTimestampMs,
        ...(cache === undefined ? {} : { cache }),
      })
      const age = ChangelogAge.of(builder.name, builder.topicConfig, parts.logger)
      const hasSourceChangelog = sources.has(builder.name)
      return { builder, changelogTopic, hasSourceChangelog, buffer, cache, store, age }
    })
    this.#byName = new Map(this.#stores.map(({ store, builder }) => [builder.name, store]))
  }

  get(name: string): StateStore | undefined {
    return this.#byName.get(name)
  }

  get dirtyBytes(): number {
    let bytes = 0
    for (const { buffer } of this.#stores) bytes += buffer.dirtyBytes
    return bytes
  }

  get isDirty(): boolean {
    return this.#stores.some(({ buffer }) => buffer.isDirty)
  }

  setSavepoint(): void {
    this.times.setSavepoint()
    for (const { buffer, cache } of this.#stores) {
      buffer.setSavepoint()
      cache?.setSavepoint()
    }
  }

  rollbackToSavepoint(): void {
    this.times.rollbackToSavepoint()
    for (const { buffer, cache } of this.#stores) {
      buffer.rollbackToSavepoint()
      cache?.rollbackToSavepoint()
    }
  }

  /** Sends what the transaction changed to the changelogs. */
  writeChangelogs(collector: RecordCollector): void {
    const nowMs = this.#clock.nowMs()
    for (const { builder, changelogTopic, hasSourceChangelog, buffer, cache, age } of this
      .#stores) {
      assert(cache?.isEmpty !== false, `store ${builder.name} holds updates back at a commit`)
      if (hasSourceChangelog || !builder.logging || !buffer.isDirty) continue
      let written = 0
      for (const record of builder.changelog.records(buffer)) {
        const { key, value, timestampMs, headers } = record
        collector.send({
          topic: changelogTopic,
          partition: this.#partition,
          key,
          value,
          timestampMs,
          headers,
        })
        age?.check(record.timestampMs, nowMs)
        written++
      }
      if (written > 0) this.#written.set(builder.name, written)
    }
  }

  /**
   * Makes the transaction's writes the committed state. Call it only when they are committed.
   *
   * The changelog position is counted, not asked for: this task is the only writer of its changelog
   * partition, so it is at least one further per record, and one for the commit marker. A lower bound
   * is enough: replaying records that are applied already, to the end, gives the same state.
   *
   * Of a topic that the task reads it is the offset that was committed with the writes.
   */
  apply(commitMarkers: 0 | 1, inputs: Pick<TaskInputs, 'committedOffset'>): Awaitable<void> {
    this.times.committed()
    const dirty = this.#stores.filter(({ buffer }) => buffer.isDirty)
    if (dirty.length === 0) return
    const positions = new Map<string, ChangelogPosition>()
    for (const [store, records] of this.#written) {
      const before = this.#state.position(store)
      // A restore has noted one, also of an empty changelog.
      if (before === undefined) throw new TypeError(`store ${store} has no changelog position`)
      positions.set(store, { ...before, offset: before.offset + records + commitMarkers })
    }
    for (const { builder, changelogTopic, hasSourceChangelog } of dirty) {
      if (!hasSourceChangelog) continue
      const topicId = this.#state.position(builder.name)?.topicId ?? ''
      const offset = inputs.committedOffset({ topic: changelogTopic, partition: this.#partition })
      positions.set(builder.name, { topicId, offset })
    }
    const batches = dirty.map(({ buffer }) => buffer.batch())
    const applied = this.#state.apply(batches, positions)
    if (applied === undefined) {
      this.#applied()
      return
    }
    return applied.then(() => {
      this.#applied()
    })
  }

  #applied(): void {
    for (const { buffer, cache } of this.#stores) {
      buffer.applied()
      cache?.clear()
    }
    this.#written = new Map()
  }

  /** Forgets the writes since the last commit. */
  rollback(): void {
    this.times.rollback()
    for (const { buffer, cache } of this.#stores) {
      buffer.clear()
      cache?.clear()
    }
    this.#written = new Map()
  }

  /** Lets the state go without closing it: the caller's from now on, with what is committed in it. */
  release(): TaskState {
    this.rollback()
    return this.#state
  }
}
