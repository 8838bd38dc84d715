import { fileURLToPath } from 'node:url'
import { MillraceError, silentLogger } from '@millrace/core'
import { createConfluentKafka } from '@millrace/core/internal'
import { DemoFailure } from './demo/failure.ts'
import { linesOf, readText } from './demo/text.ts'
import { PARTITIONS } from './demo/topics.ts'

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
    const settings = { partitions: PARTITIONS, replicationFactor: -1, config: {} }
    await admin.createTopics([input, output].map((topic) => ({ topic, ...settings })))
    for (const line of lines) {
      producer.send({
        topic: input,
        partition: undefined,
        key: null,
        value: Buffer.from(line, 'utf8'),
        timestampMs: Date.now(),
        headers: [],
      })
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
  if (brokers === undefined) throw new DemoFailure('KAFKA_BROKERS is not set.', 'Use host:port.')
  await feed(brokers, env['INPUT_TOPIC'] ?? 'lines', env['OUTPUT_TOPIC'] ?? 'word-counts')
} catch (error) {
  if (!(error instanceof DemoFailure) && !MillraceError.is(error)) throw error
  process.stderr.write(`${error.message}\n${error.hint ?? ''}\n`)
  process.exitCode = 1
}
