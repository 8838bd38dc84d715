import kafka, {
  type DeleteRecordsResult,
  type GroupDescriptions,
  type IAdminClient,
  type LibrdKafkaError,
  type ListOffsetsResult,
  type TopicDescription as NativeTopic,
  type Uuid,
} from '@confluentinc/kafka-javascript'
import { deferred } from '../../base/deferred.ts'
import { sleep } from '../../base/sleep.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { GroupMember, KafkaAdmin, NewTopic, OffsetSpec, TopicDescription } from '../admin.ts'
import { CODE, readClientError } from './client-error.ts'
import { forwardClientLog } from './client-log.ts'
import type { ClientSettings } from './client-settings.ts'
import { type ErrorContext, translateError } from './translate-error.ts'

const REQUEST_TIMEOUT_MS = 15_000

/**
 * A group that cannot be described is a null string in the client, which ends the process with SIGSEGV
 * (kafka-javascript 1.10.1: FromConsumerGroupDescription). So it is asked for long, and no app asks.
 */
const DESCRIBE_GROUP_TIMEOUT_MS = 60_000

/** A new topic reaches the brokers one after the other. */
const VISIBLE_TIMEOUT_MS = 15_000
const VISIBLE_WAIT_MS = 50

type Done<T> = (error: LibrdKafkaError | undefined, value: T) => void

/** Topics, offsets and groups, on librdkafka's admin client. */
export class ConfluentAdmin implements KafkaAdmin {
  readonly #clientId: string
  readonly #settings: ClientSettings
  readonly #logger: Logger
  readonly #pending = new Set<Promise<unknown>>()
  /** Rejects when the broker refuses the credentials: the call itself would only time out. */
  readonly #refused = deferred<never>()
  #client: IAdminClient | undefined
  #isClosed = false

  constructor(clientId: string, settings: ClientSettings, logger: Logger) {
    this.#clientId = clientId
    this.#settings = settings
    this.#logger = logger
    this.#refused.promise.catch(() => undefined) // The calls that it ends tell.
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    if (topics.length === 0) return []
    const options = { timeout: REQUEST_TIMEOUT_MS }
    const found = await this.#call<NativeTopic[]>('describeTopics', { topics }, (admin, done) => {
      admin.describeTopics([...topics], options, done)
    })
    const descriptions: TopicDescription[] = []
    for (const { name, partitions, topicId, error } of found) {
      if (isError(error)) {
        if (isUnknownTopic(error)) continue
        throw this.#translate(error, 'describeTopics', { topic: name })
      }
      descriptions.push({ topic: name, partitions: partitions.length, topicId: uuidText(topicId) })
    }
    return descriptions
  }

  async listTopics(): Promise<readonly string[]> {
    return this.#call<string[]>('listTopics', {}, (admin, done) => {
      admin.listTopics({ timeout: REQUEST_TIMEOUT_MS }, done)
    })
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    await Promise.all(topics.map((topic) => this.#createTopic(topic)))
    await this.#awaitVisible(topics.map(({ topic }) => topic))
  }

  async growTopic(topic: string, partitions: number): Promise<void> {
    const [found] = await this.describeTopics([topic])
    if (found !== undefined && found.partitions >= partitions) return
    await this.#call<undefined>('growTopic', { topic }, (admin, done) => {
      admin.createPartitions(topic, partitions, REQUEST_TIMEOUT_MS, (error) => {
        done(error, undefined)
      })
    })
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    await Promise.all(
      topics.map(async (topic) => {
        try {
          await this.#call<undefined>('deleteTopics', { topic }, (admin, done) => {
            admin.deleteTopic(topic, REQUEST_TIMEOUT_MS, (error) => {
              done(error, undefined)
            })
          })
        } catch (error) {
          if (!MillraceError.is(error, 'MR_UNKNOWN_TOPIC')) throw error
        }
      }),
    )
  }

  async deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void> {
    if (before.length === 0) return
    const options = { timeout: REQUEST_TIMEOUT_MS, operationTimeout: REQUEST_TIMEOUT_MS }
    const topics = [...new Set(before.map(({ topic }) => topic))]
    const results = await this.#call<DeleteRecordsResult[]>(
      'deleteRecords',
      { topics },
      (admin, done) => {
        admin.deleteRecords([...before], options, done)
      },
    )
    this.#throwFirst(results, 'deleteRecords')
  }

  async listOffsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec,
  ): Promise<readonly TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    const offset = nativeSpec(spec)
    const request = partitions.map(({ topic, partition }) => ({ topic, partition, offset }))
    const { READ_COMMITTED, READ_UNCOMMITTED } = kafka.IsolationLevel
    const options = {
      timeout: REQUEST_TIMEOUT_MS,
      isolationLevel: spec === 'stable-end' ? READ_COMMITTED : READ_UNCOMMITTED,
    }
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    const results = await this.#call<ListOffsetsResult[]>(
      'listOffsets',
      { topics },
      (admin, done) => {
        admin.listOffsets(request, options, done)
      },
    )
    this.#throwFirst(results, 'listOffsets')
    const found = results.map(({ topic, partition, offset: at }) => ({
      topic,
      partition,
      offset: at,
    }))
    if (typeof spec === 'string') return found
    // No record is as late.
    const none = found.filter((one) => one.offset < 0)
    const ends = await this.listOffsets(none, 'end')
    return [...found.filter((one) => one.offset >= 0), ...ends]
  }

  async describeGroup(groupId: string): Promise<readonly GroupMember[]> {
    const options = { timeout: DESCRIBE_GROUP_TIMEOUT_MS }
    const { groups } = await this.#call<GroupDescriptions>(
      'describeGroup',
      { groupId },
      (admin, done) => {
        admin.describeGroups([groupId], options, done)
      },
    )
    const group = groups[0]
    if (group === undefined) return []
    if (isError(group.error)) {
      if (readClientError(group.error).code === CODE.groupIdNotFound) return []
      throw this.#translate(group.error, 'describeGroup', { groupId })
    }
    return group.members.map(({ memberId, clientId, assignment }) => ({
      memberId,
      clientId,
      partitions: assignment.topicPartitions.map(({ topic, partition }) => ({ topic, partition })),
    }))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    // A request under way uses the client's memory.
    await Promise.allSettled(this.#pending)
    const client = this.#client
    this.#client = undefined
    client?.disconnect()
  }

  async #createTopic({ topic, partitions, replicationFactor, config }: NewTopic): Promise<void> {
    const request = {
      topic,
      num_partitions: partitions,
      replication_factor: replicationFactor,
      config: { ...config },
    }
    try {
      await this.#call<undefined>('createTopics', { topic }, (admin, done) => {
        admin.createTopic(request, REQUEST_TIMEOUT_MS, (error) => {
          done(error, undefined)
        })
      })
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      if (readClientError(cause).code !== CODE.topicAlreadyExists) throw error
    }
  }

  async #awaitVisible(topics: readonly string[]): Promise<void> {
    const deadlineMs = Date.now() + VISIBLE_TIMEOUT_MS
    for (;;) {
      const visible = await this.describeTopics(topics)
      if (visible.length >= new Set(topics).size) return
      if (Date.now() > deadlineMs) {
        throw new MillraceError('MR_BROKER_UNAVAILABLE', 'created topics did not become visible', {
          at: { topics: topics.join(', '), timeoutMs: VISIBLE_TIMEOUT_MS },
          hint: 'Check that all brokers are up and in sync.',
        })
      }
      await sleep(VISIBLE_WAIT_MS)
    }
  }

  async #call<T>(
    operation: string,
    context: Omit<ErrorContext, 'operation'>,
    call: (admin: IAdminClient, done: Done<T>) => void,
  ): Promise<T> {
    try {
      const admin = this.#connect()
      const result = new Promise<T>((resolve, reject) => {
        call(admin, (error, value) => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- translated below
          if (isError(error)) reject(error)
          else resolve(value)
        })
      })
      this.#pending.add(result)
      return await Promise.race([
        result.finally(() => this.#pending.delete(result)),
        this.#refused.promise,
      ])
    } catch (error) {
      throw this.#translate(error, operation, context)
    }
  }

  #connect(): IAdminClient {
    if (this.#isClosed) {
      throw new MillraceError('MR_KAFKA', 'the Kafka admin client is closed')
    }
    this.#client ??= kafka.AdminClient.create(
      { ...this.#settings.global },
      {
        'event.log': forwardClientLog(this.#logger, this.#clientId),
        'event.error': (error: unknown) => {
          const { code } = readClientError(error)
          if (code === CODE.authentication || code === CODE.ssl) {
            this.#refused.reject({ message: 'the login was refused', code })
          }
        },
      },
    )
    return this.#client
  }

  #throwFirst(
    results: readonly { readonly topic: string; readonly partition: number; error?: unknown }[],
    operation: string,
  ): void {
    for (const { topic, partition, error } of results) {
      if (isError(error)) throw this.#translate(error, operation, { topic, partition })
    }
  }

  #translate(
    error: unknown,
    operation: string,
    context: Omit<ErrorContext, 'operation'>,
  ): MillraceError {
    return translateError(error, { ...context, operation, clientId: this.#clientId })
  }
}

/** Some calls report success as an error object with code 0, others as null or undefined. */
function isError(error: unknown): boolean {
  return error !== null && error !== undefined && readClientError(error).code !== CODE.noError
}

function isUnknownTopic(error: unknown): boolean {
  const { code } = readClientError(error)
  return code === CODE.unknownTopicOrPartition || code === CODE.unknownTopicLocal
}

/** The client's own text form has another name in its types than at run time. */
function uuidText({ mostSignificantBits, leastSignificantBits }: Uuid): string {
  return [mostSignificantBits, leastSignificantBits]
    .map((bits) => BigInt.asUintN(64, bits).toString(16).padStart(16, '0'))
    .join('')
}

function nativeSpec(spec: OffsetSpec): kafka.OffsetSpec {
  if (typeof spec === 'object') return new kafka.OffsetSpec(spec.fromTimestampMs)
  return spec === 'start' ? kafka.OffsetSpec.EARLIEST : kafka.OffsetSpec.LATEST
}
