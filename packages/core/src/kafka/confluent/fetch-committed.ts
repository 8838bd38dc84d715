import { sleep } from '../../base/sleep.ts'
import type { TopicPartition } from '../../record/topic-partition.ts'
import type { CommittedOffset } from '../group-consumer.ts'
import type { ClientConnection } from './client-connection.ts'
import { CODE, readClientError } from './client-error.ts'
import type { NativeConsumer } from './native-consumer.ts'

/** One request; the client itself asks again within it while a transaction is undecided. */
const REQUEST_TIMEOUT_MS = 5000

/**
 * How long to wait for an undecided transaction before the caller hears of it. It may try again: the
 * broker decides it at the transaction's time-out at the latest.
 */
const UNDECIDED_TIMEOUT_MS = 30_000

const UNDECIDED_WAIT_MS = 100

/**
 * The group's offsets. librdkafka asks for stable ones (KIP-447) because the consumer reads
 * committed records only: an offset of an open transaction makes the broker answer "unstable".
 */
export async function fetchCommitted(
  connection: ClientConnection<NativeConsumer>,
  partitions: readonly TopicPartition[],
): Promise<readonly CommittedOffset[]> {
  if (partitions.length === 0) return []
  const deadlineMs = Date.now() + UNDECIDED_TIMEOUT_MS
  const consumer = await connection.connect()
  for (;;) {
    try {
      const answers = await connection.runRaw<unknown[]>(consumer, (client, done) => {
        const request = partitions.map(({ topic, partition }) => ({ topic, partition }))
        client.committed(request, REQUEST_TIMEOUT_MS, done)
      })
      return partitions.map((partition, index) => readCommitted(partition, answers, index))
    } catch (error) {
      const { code } = readClientError(error)
      const mayBeUndecided = code === CODE.unstableOffsetCommit || code === CODE.timedOut
      if (!mayBeUndecided || Date.now() > deadlineMs) {
        throw connection.translate(error, 'committed')
      }
      await sleep(UNDECIDED_WAIT_MS)
    }
  }
}

/** The answers are in the order of the request; a partition's own error stands in its place. */
function readCommitted(
  { topic, partition }: TopicPartition,
  answers: readonly unknown[],
  index: number,
): CommittedOffset {
  const answer = answers[index]
  if (typeof answer !== 'object' || answer === null) {
    throw new TypeError('the client answered for fewer partitions than asked')
  }
  if (answer instanceof Error) throw answer
  const offset = 'offset' in answer ? answer.offset : undefined
  const metadata = 'metadata' in answer ? answer.metadata : undefined
  return {
    topic,
    partition,
    offset: typeof offset === 'number' && offset >= 0 ? offset : undefined,
    metadata: typeof metadata === 'string' ? metadata : '',
  }
}
