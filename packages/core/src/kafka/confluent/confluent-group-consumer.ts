import type { Logger } from '../../observe/logger.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../record/topic-partition.ts'
import type {
  CommitOffset,
  CommittedOffset,
  GroupConsumer,
  PolledBatch,
  RebalanceEvent,
} from '../group-consumer.ts'
import type { GroupConsumerOptions } from '../kafka-port.ts'
import { ClientConnection } from './client-connection.ts'
import { CODE, readClientError } from './client-error.ts'
import type { ClientSettings } from './client-settings.ts'
import { ConsumerPoll } from './consumer-poll.ts'
import { fetchCommitted } from './fetch-committed.ts'
import { createNativeConsumer, type NativeConsumer } from './native-consumer.ts'
import { OffsetCommits } from './offset-commits.ts'
import { PartitionSet } from './partition-set.ts'
import { type RebalanceProtocol, rebalanceProtocolOf } from './rebalance-protocol.ts'
import { seekAll } from './seek-all.ts'

/**
 * A group member on librdkafka.
 *
 * Semantics: the client's rebalance callback only queues an event; librdkafka pauses fetching and
 * waits, without a time limit but max.poll.interval, until {@link assign} or {@link unassign}
 * answers. It gives one event at a time.
 *
 * Invariant: `#unanswered` is the event that librdkafka waits for. Whatever closes the consumer must
 * answer it, and those that the closing itself brings, or disconnect waits for ever.
 */
export class ConfluentGroupConsumer implements GroupConsumer {
  readonly #groupId: string
  readonly #connection: ClientConnection<NativeConsumer>
  readonly #poll: ConsumerPoll
  readonly #commits: OffsetCommits
  readonly #assigned = new PartitionSet()
  readonly #paused = new PartitionSet()
  readonly #rebalances: RebalanceEvent[] = []
  readonly #logger: Logger
  readonly #protocol: RebalanceProtocol
  #unanswered: RebalanceEvent['kind'] | undefined
  /** The client forgets a loss with the next answer, be it to an earlier event: remembered here. */
  #isLost = false
  #topics: readonly string[] = []

  constructor(options: GroupConsumerOptions, settings: ClientSettings, logger: Logger) {
    this.#groupId = options.groupId
    this.#protocol = rebalanceProtocolOf(options)
    this.#logger = logger
    this.#connection = new ClientConnection({
      create: () => {
        const consumer = createNativeConsumer(settings, (error, partitions) => {
          this.#onRebalance(consumer, error.code, partitions)
        })
        this.#poll.listen(consumer)
        this.#commits.listen(consumer)
        return consumer
      },
      disconnect: (consumer, done) => consumer.disconnect(done),
      context: {
        clientId: options.clientId,
        groupId: options.groupId,
        ...(options.groupInstanceId === undefined ? {} : { instanceId: options.groupInstanceId }),
      },
      logger,
      onError: (error) => {
        this.#poll.noteClientError(error)
      },
      onFatal: (message) => {
        this.#poll.noteFatal(message)
      },
    })
    this.#poll = new ConsumerPoll(this.#connection)
    this.#commits = new OffsetCommits(this.#connection, options.groupId)
  }

  /** For the producer: it reads the group's generation from the native consumer. */
  get connection(): ClientConnection<NativeConsumer> {
    return this.#connection
  }

  get groupId(): string {
    return this.#groupId
  }

  /** True from the moment when the group may have given the partitions to others, until the answer. */
  get isAssignmentLost(): boolean {
    return this.#isLost || (this.#connection.client?.assignmentLost() ?? true)
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    const consumer = await this.#connection.connect()
    this.#topics = topics
    this.#sync('subscribe', () => consumer.subscribe([...topics]))
  }

  poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch> {
    return this.#poll.poll(maxRecords, timeoutMs, () => [
      ...new Set([...this.#topics, ...this.#assigned.topics()]),
    ])
  }

  takeRebalance(): RebalanceEvent | undefined {
    return this.#rebalances.shift()
  }

  async assign(positions: readonly TopicPartitionOffset[]): Promise<void> {
    const consumer = await this.#connection.connect()
    // The client refuses the whole call when one of the partitions is assigned already, and the
    // cooperative protocol repeats partitions after a lost assignment: those only move.
    const added = positions.filter((position) => !this.#assigned.has(position))
    const moved = positions.filter((position) => this.#assigned.has(position))
    this.#isLost ||= consumer.assignmentLost()
    // An eager answer is the whole assignment: what is there already would be gone with a second one.
    const isRepeated = this.#protocol.isEager && added.length === 0 && moved.length > 0
    if (!isRepeated) {
      this.#sync('assign', () => {
        this.#protocol.assign(consumer, added)
      })
    }
    if (this.#unanswered === 'assigned') this.#unanswered = undefined
    this.#assigned.add(added)
    if (moved.length > 0) await this.seek(moved)
  }

  async unassign(partitions: readonly TopicPartition[]): Promise<void> {
    const consumer = await this.#connection.connect()
    // The client ends the whole process, by an assertion, when a partition is in this list twice.
    const removed = this.#assigned.intersection(partitions)
    // librdkafka keeps a partition paused when it is assigned again.
    this.resume(removed.filter((partition) => this.#paused.has(partition)))
    this.#sync('unassign', () => {
      this.#protocol.unassign(consumer, removed)
    })
    if (this.#unanswered === 'revoked') {
      this.#unanswered = undefined
      this.#isLost = false
    }
    this.#assigned.delete(removed)
  }

  async seek(positions: readonly TopicPartitionOffset[]): Promise<void> {
    // Partitions that were lost meanwhile have no position; the client would call that an error.
    const assigned = positions.filter((position) => this.#assigned.has(position))
    await seekAll(this.#connection, assigned)
  }

  pause(partitions: readonly TopicPartition[]): void {
    const consumer = this.#connection.client
    if (consumer === undefined || partitions.length === 0) return
    this.#sync('pause', () => {
      consumer.pause([...partitions])
    })
    this.#paused.add(partitions)
  }

  resume(partitions: readonly TopicPartition[]): void {
    const consumer = this.#connection.client
    if (consumer === undefined || partitions.length === 0) return
    this.#sync('resume', () => {
      consumer.resume([...partitions])
    })
    this.#paused.delete(partitions)
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return fetchCommitted(this.#connection, partitions)
  }

  async commit(offsets: readonly CommitOffset[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#connection.connect()
    this.#assertMember('commit')
    await this.#commits.commit(offsets)
    this.#assertMember('commit')
  }

  /**
   * A client that has lost its assignment names no member in its requests any more, and brokers take
   * such offsets: over those of the new owner. It can lose it at any time, so callers look before and after.
   */
  #assertMember(operation: string): void {
    if (!this.isAssignmentLost) return
    throw this.#connection.translate(
      { message: 'the assignment was lost', code: CODE.assignmentLost },
      operation,
    )
  }

  knownEndOffset({ topic, partition }: TopicPartition): number | undefined {
    const consumer = this.#connection.client
    if (consumer === undefined) return undefined
    try {
      const { highOffset } = consumer.getWatermarkOffsets(topic, partition)
      return highOffset >= 0 ? highOffset : undefined
    } catch {
      // The client throws for a partition that it has not fetched from yet: that is "not known".
      return undefined
    }
  }

  close(): Promise<void> {
    return this.#connection.close((consumer) => {
      this.#answerForClose(consumer)
    })
  }

  #onRebalance(
    consumer: NativeConsumer,
    code: number,
    partitions: readonly TopicPartition[],
  ): void {
    const kind = code === CODE.assignPartitions ? 'assigned' : 'revoked'
    if (code !== CODE.assignPartitions && code !== CODE.revokePartitions) {
      this.#logger.warn('the group failed to rebalance', { groupId: this.#groupId, code })
    }
    this.#unanswered = kind
    if (this.#connection.isClosing) {
      this.#answerForClose(consumer)
      return
    }
    const given = partitions.map(({ topic, partition }) => ({ topic, partition }))
    if (kind === 'assigned') {
      this.#rebalances.push({ kind, partitions: given })
      return
    }
    // Only now: the flag is cleared by the answer.
    this.#isLost ||= consumer.assignmentLost()
    this.#rebalances.push({ kind, partitions: given, lost: this.#isLost })
  }

  /**
   * Answers what librdkafka waits for while it closes. The event that comes during disconnect finds
   * the native consumer alive: its disconnect waits for this answer.
   */
  #answerForClose(consumer: NativeConsumer): void {
    const kind = this.#unanswered
    this.#unanswered = undefined
    try {
      if (kind === 'assigned') this.#protocol.assign(consumer, [])
      if (kind === 'revoked') {
        const removed = this.#assigned.list()
        this.#assigned.delete(removed)
        this.#protocol.unassign(consumer, removed)
      }
    } catch (error) {
      // A closing group treats any answer as "unassign all", and says so with an error at times.
      this.#logger.debug('rebalance while closing', { message: readClientError(error).message })
    }
  }

  #sync(operation: string, call: () => unknown): void {
    try {
      call()
    } catch (error) {
      throw this.#connection.translate(error, operation)
    }
  }
}
