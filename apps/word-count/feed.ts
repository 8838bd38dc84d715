import { fileURLToPath } from 'node:url'
import { MillraceError, silentLogger } from '@millrace/core'
import { createConfluentKafka } from '@millrace/core/internal'
import { createTopics, sendRecord, TrialFailure } from '@millrace/trial'
import { linesOf, readText } from './demo/text.ts'

const { env } = process
const EMMA = fileURLToPath(new URL('data/emma.txt', import.meta.url))

/** Creates the topics of `main.ts`, where they are missing, and sends it a text, a record a line. */
async function feed(brokers: string, input: string, output: string): Promise<void> {
  const lines = linesOf(await readText(process.argv[2] ?? EMMA))
  const kafka = createConfluentKafka({
    brokers: brokers.split(','),
    overrides: {},
    logger: silentLogger,
  })
  const admin = kafka.admin({ clientId: 'word-count-feed' })
  const producer = kafka.producer({ clientId: 'word-count-feed' })
  try {
    await createTopics(admin, [input, output])
    for (const line of lines) {
      sendRecord(producer, { topic: input, key: null, value: line })
    }
    await producer.flush()
    process.stdout.write(`sent ${lines.length} lines to ${input}\n`)
  } finally {
    await producer.close()
    await admin.close()
  }
}

try {
  const brokers = env['KAFKA_BROKERS']
  if (brokers === undefined) throw new TrialFailure('KAFKA_BROKERS is not set.', 'Use host:port.')
  await feed(brokers, env['INPUT_TOPIC'] ?? 'lines', env['OUTPUT_TOPIC'] ?? 'word-counts')
} catch (error) {
  if (!(error instanceof TrialFailure) && !MillraceError.is(error)) throw error
  process.stderr.write(`${error.message}\n${error.hint ?? ''}\n`)
  process.exitCode = 1
}
