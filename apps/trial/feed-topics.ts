import { silentLogger } from '@millrace/core'
import { createConfluentKafka } from '@millrace/core/internal'
import { TrialFailure } from './failure.ts'
import { type FedRecord, sendRecord } from './feeder.ts'
import { runProgram } from './run-program.ts'
import { createTopics } from './topics.ts'

/** Creates the topics where they are missing, and sends the records to `KAFKA_BROKERS`, as this process. */
export async function feedTopics(
  topics: readonly string[],
  records: readonly FedRecord[],
): Promise<void> {
  await runProgram(async () => {
    const brokers = process.env['KAFKA_BROKERS']
    if (!brokers) throw new TrialFailure('KAFKA_BROKERS is not set.', 'Use host:port.')
    const kafka = createConfluentKafka({
      brokers: brokers.split(','),
      overrides: {},
      logger: silentLogger,
    })
    const admin = kafka.admin({ clientId: 'feed' })
    const producer = kafka.producer({ clientId: 'feed' })
    try {
      await createTopics(admin, topics)
      for (const record of records) sendRecord(producer, record)
      await producer.flush()
      process.stdout.write(`sent ${records.length} records to ${topics.join(' and ')}\n`)
      return 0
    } finally {
      await producer.close()
      await admin.close()
    }
  })
}
