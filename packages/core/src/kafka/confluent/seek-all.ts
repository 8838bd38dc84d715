import { sleep } from '../../base/sleep.ts'
import type { TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { ClientConnection } from './client-connection.ts'
import { CODE, readClientError } from './client-error.ts'
import type { NativeConsumer } from './native-consumer.ts'

const SEEK_TIMEOUT_MS = 5000

/** A partition that was assigned a moment ago has no fetcher yet, and refuses to seek until then. */
const NOT_STARTED_RETRIES = 50
const NOT_STARTED_WAIT_MS = 20

/**
 * Each seek holds a thread of libuv's pool (4 by default) for some milliseconds: two at a time, so
 * that a producer's commit still finds one.
 */
const PARALLEL_SEEKS = 2

/**
 * Moves partitions to other positions. librdkafka gives each partition's queue a new version with a
 * seek and drops what was fetched under the old one.
 */
export async function seekAll(
  connection: ClientConnection<NativeConsumer>,
  positions: readonly TopicPartitionOffset[],
): Promise<void> {
  const left = [...positions]
  const worker = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      await seekOne(connection, next)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_SEEKS }, worker))
}

async function seekOne(
  connection: ClientConnection<NativeConsumer>,
  { topic, partition, offset }: TopicPartitionOffset,
): Promise<void> {
  const consumer = await connection.connect()
  for (let attempt = 0; ; attempt++) {
    try {
      await connection.runRaw<undefined>(consumer, (client, done) => {
        client.seek({ topic, partition, offset }, SEEK_TIMEOUT_MS, (error) => {
          done(error, undefined)
        })
      })
      return
    } catch (error) {
      const isNotStarted = readClientError(error).code === CODE.state
      if (!isNotStarted || attempt >= NOT_STARTED_RETRIES) {
        throw connection.translate(error, 'seek', { topic, partition })
      }
      await sleep(NOT_STARTED_WAIT_MS)
    }
  }
}
