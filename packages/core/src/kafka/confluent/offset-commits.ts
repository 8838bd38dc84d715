import { sleep } from '../../base/sleep.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { CommitOffset, CommittedOffset } from '../group-consumer.ts'
import type { ClientConnection } from './client-connection.ts'
import { fetchCommitted } from './fetch-committed.ts'
import type { NativeConsumer } from './native-consumer.ts'

/** How long offsets that were taken may not be seen yet, and a refusal may be on its way. */
const SETTLE_MS = 2000
const FIRST_WAIT_MS = 5
const LONGEST_WAIT_MS = 100

/**
 * Commits offsets outside of transactions.
 *
 * The client's call with a callback only hands the request to another thread: it calls back before anything was sent, and
 * its method that waits for the broker holds up the event loop. So the offsets are read back. A broker answers the
 * requests of one connection in their order, so they are there at the first look, unless they were refused. Why they were
 * is an event, which the client gives to a poll only: with no poll under way the reason stays unknown.
 */
export class OffsetCommits {
  readonly #connection: ClientConnection<NativeConsumer>
  readonly #groupId: string
  #refusal:
    { readonly error: unknown; readonly offsets: readonly TopicPartitionOffset[] } | undefined

  constructor(connection: ClientConnection<NativeConsumer>, groupId: string) {
    this.#connection = connection
    this.#groupId = groupId
  }

  /** To be called once for every native consumer that is created. */
  listen(consumer: NativeConsumer): void {
    // Its type says that there always is an error. The refused partitions are not told from the others of a request.
    consumer.on('offset.commit', (error: unknown, offsets) => {
      if (error !== undefined) this.#refusal = { error, offsets }
    })
  }

  /** Resolves when the group has the offsets. One call at a time. @throws MillraceError when it has not taken all */
  async commit(offsets: readonly CommitOffset[]): Promise<void> {
    this.#refusal = undefined
    await this.#connection.run<undefined>('commit', (consumer, done) => {
      consumer.commitCb(offsets.map(toNativeOffset), done)
    })
    const deadlineMs = Date.now() + SETTLE_MS
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      const found = await fetchCommitted(this.#connection, offsets)
      const missing = offsets.find((offset, index) => !isSame(offset, found[index]))
      if (missing === undefined) return
      this.#throwRefusal(missing)
      if (Date.now() >= deadlineMs) throw this.#notTaken(missing)
      await sleep(waitMs)
    }
  }

  #throwRefusal({ topic, partition, offset }: CommitOffset): void {
    const refusal = this.#refusal
    // One of an earlier commit may come late.
    const isOfThis = refusal?.offsets.some(
      (one) => one.topic === topic && one.partition === partition && one.offset === offset,
    )
    if (refusal === undefined || isOfThis !== true) return
    throw this.#connection.translate(refusal.error, 'commit', { topic, partition })
  }

  #notTaken({ topic, partition, offset }: CommitOffset): MillraceError {
    return new MillraceError(
      'MR_TRANSACTION_ABORTED',
      `commit: group ${this.#groupId} has not taken the offset of ${topic}-${partition}`,
      {
        hint: 'Nothing to do unless it repeats: then look at the log of the broker.',
        at: { groupId: this.#groupId, topic, partition, offset },
      },
    )
  }
}

function isSame({ offset, metadata }: CommitOffset, found: CommittedOffset | undefined): boolean {
  return found?.offset === offset && found.metadata === metadata
}

/** Without the property the client sends an empty string; with an empty one, a zero byte. */
export function toNativeOffset({
  topic,
  partition,
  offset,
  metadata,
}: CommitOffset): TopicPartitionOffset & { metadata?: string } {
  return metadata === '' ? { topic, partition, offset } : { topic, partition, offset, metadata }
}
