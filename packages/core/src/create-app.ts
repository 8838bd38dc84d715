import { createConfluentKafka } from './kafka/confluent/create-confluent-kafka.ts'
import { type App, type AppOptions, createAppOn } from './runtime/app.ts'
import type { Topology } from './topology/topology-node.ts'

/**
 * Makes an app that runs the topology on a Kafka cluster. Nothing happens before `start()` or `run()`.
 *
 * @throws MillraceError `MR_CONFIG` that lists every invalid option
 */
export function createApp(topology: Topology, options: AppOptions): App {
  return createAppOn(
    {
      kafka: (config, logger) =>
        createConfluentKafka({ brokers: config.brokers, overrides: config.kafka, logger }),
    },
    topology,
    options,
  )
}
