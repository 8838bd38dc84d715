import type { Change } from '../record/change.ts'
import type { Serde } from '../serde/serde.ts'
import { bufferChangelog } from './buffer-changelog.ts'
import { BufferEntries, type FoundEntry } from './buffer-entries.ts'
import { CHANGELOG_COMPACT } from './changelog-topic-config.ts'
import type { RecordContext } from './record-context.ts'
import type { StateStore } from './state-store.ts'
import type { StoreBuilder, StoreEnvironment, StoreOptions } from './store-builder.ts'

/** A change that was held back, as it is forwarded. */
export interface HeldBackChange<K, V> {
  readonly key: K
  /** Of the last update. */
  readonly newValue: V | null
  readonly oldValue: V | null
  readonly context: RecordContext
}

export interface SuppressBufferOptions<K, V> extends StoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * The changes that `suppress` holds back: the last one of each key. A key keeps the time of its first
 * change in the buffer, by which it leaves; keys of the same time leave in the order of their bytes.
 */
export class SuppressBuffer<K, V> implements StateStore {
  readonly name: string
  readonly #key: Serde<K>
  readonly #value: Serde<V>
  readonly #environment: StoreEnvironment
  readonly #topic: string
  readonly #entries: BufferEntries

  constructor(name: string, parts: SuppressBufferOptions<K, V>, environment: StoreEnvironment) {
    this.name = name
    this.#key = parts.key
    this.#value = parts.value
    this.#environment = environment
    this.#topic = environment.changelogTopic
    this.#entries = new BufferEntries(environment.buffer)
  }

  get count(): number {
    return this.#entries.count
  }

  /** What Kafka Streams counts for the entries: keys, values, headers and topics, and 28 bytes for each. */
  get bytes(): number {
    return this.#entries.bytes
  }

  /** The time of the entry that leaves first; Infinity when the buffer is empty. */
  get firstMs(): number {
    return this.#entries.firstMs
  }

  /** Takes the change in, at the place of its key if that is there; else at `timeMs`. */
  put(timeMs: number, key: K, change: Change<V>, context: RecordContext): void {
    const found = this.#entries.find(this.#key.serialize(key, this.#topic))
    const oldValue = this.#bytesOf(change.oldValue)
    const newValue = this.#bytesOf(change.newValue)
    const known = found.value
    const prior = known === undefined ? oldValue : known.prior
    const writtenMs = this.#environment.currentTimestampMs()
    const entryMs = known === undefined ? timeMs : found.timeMs
    this.#entries.put(found, { context, prior, oldValue, newValue }, entryMs, writtenMs)
  }

  /** The entry that leaves first, to be given to {@link remove} when it has been forwarded. */
  first(): FoundEntry | undefined {
    return this.#entries.first()
  }

  changeOf({ key, value }: FoundEntry): HeldBackChange<K, V> | undefined {
    if (value === undefined) return undefined
    return {
      key: this.#key.deserialize(key, this.#topic),
      newValue: this.#valueOf(value.newValue),
      oldValue: this.#valueOf(value.oldValue),
      context: value.context,
    }
  }

  remove(entry: FoundEntry): void {
    this.#entries.remove(entry, this.#environment.currentTimestampMs())
  }

  /**
   * What downstream knows of a key whose changes are held back: the row before the first of them, null when
   * there was none; undefined for a key that is not in the buffer.
   */
  priorValue(key: K): V | null | undefined {
    const { value } = this.#entries.find(this.#key.serialize(key, this.#topic))
    return value === undefined ? undefined : this.#valueOf(value.prior)
  }

  #bytesOf(value: V | null): Uint8Array | null {
    return value === null ? null : this.#value.serialize(value, this.#topic)
  }

  #valueOf(bytes: Uint8Array | null): V | null {
    return bytes === null ? null : this.#value.deserialize(bytes, this.#topic)
  }
}

export function suppressBuffer<K, V>(
  name: string,
  options: SuppressBufferOptions<K, V>,
): StoreBuilder<SuppressBuffer<K, V>> {
  const { logging = true, topicConfig } = options
  return {
    name,
    logging,
    topicConfig: { ...CHANGELOG_COMPACT, ...topicConfig },
    changelog: bufferChangelog,
    build: (environment) => new SuppressBuffer(name, options, environment),
  }
}
