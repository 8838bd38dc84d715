import type { RecordCache } from './record-cache.ts'
import type { StateStore } from './state-store.ts'
import type { StoreChangelog } from './store-changelog.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

/** What a store is built from, in one task. */
export interface StoreEnvironment {
  /** Reads and writes bytes, in the transaction. */
  readonly buffer: TransactionBuffer
  /** The topic that serdes are told. */
  readonly changelogTopic: string
  /** Event time of the record being processed: the changelog timestamp of stores that keep none. */
  currentTimestampMs(): number
  /** Holds back what the store's table forwards; absent when nothing is held back. */
  readonly cache?: RecordCache
}

/** How a store is kept. */
export interface StoreOptions {
  /** False: no changelog, so the state is gone with the process. @defaultValue true */
  readonly logging?: boolean
  /** Settings of the changelog topic, over Kafka Streams' defaults. */
  readonly topicConfig?: Readonly<Record<string, string>>
}

/** Describes a store, and builds one per task. Give the same object wherever the store is used. */
export interface StoreBuilder<S extends StateStore = StateStore> {
  readonly name: string
  readonly logging: boolean
  /** True for a store of a table that may hold back what it forwards. @defaultValue false */
  readonly caching?: boolean
  /** Complete settings of the changelog topic. */
  readonly topicConfig: Readonly<Record<string, string>>
  readonly changelog: StoreChangelog
  /** Of a versioned store: its history retention. */
  readonly historyMs?: number
  /** Makes the store of one task. */
  build(environment: StoreEnvironment): S
}
