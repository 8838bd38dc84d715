import { createConfluentKafka, silentLogger } from '@millrace/core/internal'
import { testKafkaPort } from '@millrace/testing'

const brokers = process.env['KAFKA_BROKERS']?.split(',')
if (brokers === undefined) throw new Error('set KAFKA_BROKERS to host:port of a broker')

/** Nothing listens on the discard port. */
const NOBODY = '127.0.0.1:9'

testKafkaPort('confluent', () =>
  Promise.resolve({
    kafka: createConfluentKafka({ brokers, logger: silentLogger, overrides: {} }),
    unreachable: createConfluentKafka({ brokers: [NOBODY], logger: silentLogger, overrides: {} }),
  }),
)
