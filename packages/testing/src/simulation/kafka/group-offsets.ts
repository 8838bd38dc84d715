import type { CommitOffset, CommittedOffset, TopicPartition } from '@millrace/core/internal'

interface StoredOffset {
  readonly offset: number
  readonly metadata: string
  readonly committedAtMs: number
}

/** Of the offsets of a group, which are in use and so do not expire. */
export interface OffsetUse {
  readonly nowMs: number
  readonly retentionMs: number
  /** Topics that members of the group subscribe to. */
  readonly subscribed: ReadonlySet<string>
  /** Since when the group has had no member; undefined while it has one. */
  readonly emptySinceMs: number | undefined
}

/**
 * The committed offsets of one group.
 *
 * Semantics: offsets of a transaction are pending until its marker reaches the offsets' partition: until
 * then nobody is told an offset of those partitions (KIP-447). Offsets expire `offsets.retention` after
 * they were committed: of topics that no member subscribes to, and of a group that has been empty
 * for as long (KIP-211).
 */
export class GroupOffsets {
  readonly #offsets = new Map<string, StoredOffset>()
  readonly #pending = new Map<number, Map<string, StoredOffset>>()
  readonly #waiting = new Set<() => void>()

  commit(offsets: readonly CommitOffset[], nowMs: number): void {
    for (const given of offsets) this.#offsets.set(keyOf(given), stored(given, nowMs))
  }

  addPending(producerId: number, offsets: readonly CommitOffset[], nowMs: number): void {
    const pending = this.#pending.get(producerId) ?? new Map<string, StoredOffset>()
    this.#pending.set(producerId, pending)
    for (const given of offsets) pending.set(keyOf(given), stored(given, nowMs))
  }

  /** The marker of the producer's transaction. */
  endPending(producerId: number, outcome: 'committed' | 'aborted'): void {
    const pending = this.#pending.get(producerId)
    this.#pending.delete(producerId)
    if (outcome === 'committed') {
      for (const [key, offset] of pending ?? []) this.#offsets.set(key, offset)
    }
    for (const retry of [...this.#waiting]) retry()
  }

  /** Calls back with the offsets, once no transaction over these partitions is undecided. */
  whenStable(
    partitions: readonly TopicPartition[],
    use: () => OffsetUse,
    found: (offsets: readonly CommittedOffset[]) => void,
  ): void {
    const attempt = (): void => {
      if (partitions.some((partition) => this.#isPending(partition))) {
        this.#waiting.add(attempt)
        return
      }
      this.#waiting.delete(attempt)
      this.#expire(use())
      found(partitions.map((partition) => this.read(partition)))
    }
    attempt()
  }

  /** As when a topic is deleted. */
  forgetTopic(topic: string): void {
    for (const key of [...this.#offsets.keys()]) {
      if (topicOf(key) === topic) this.#offsets.delete(key)
    }
  }

  #isPending(partition: TopicPartition): boolean {
    const key = keyOf(partition)
    return [...this.#pending.values()].some((offsets) => offsets.has(key))
  }

  /** What is committed, whatever is pending. */
  read({ topic, partition }: TopicPartition): CommittedOffset {
    const found = this.#offsets.get(keyOf({ topic, partition }))
    return { topic, partition, offset: found?.offset, metadata: found?.metadata ?? '' }
  }

  #expire({ nowMs, retentionMs, subscribed, emptySinceMs }: OffsetUse): void {
    for (const [key, { committedAtMs }] of [...this.#offsets]) {
      if (emptySinceMs === undefined && subscribed.has(topicOf(key))) continue
      if (nowMs - Math.max(committedAtMs, emptySinceMs ?? 0) > retentionMs) {
        this.#offsets.delete(key)
      }
    }
  }
}

function stored({ offset, metadata }: CommitOffset, committedAtMs: number): StoredOffset {
  return { offset, metadata, committedAtMs }
}

/** The partition first: a name of a topic may hold any of the characters that could separate. */
function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition}/${topic}`
}

function topicOf(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
