import { startJvmBroker } from '../broker/jvm-broker.ts'
import { KAFKA_VERSION } from '../broker/kafka-version.ts'
import { hasDockerEngine, startComposeBroker } from './compose-broker.ts'
import { interruption } from './interruption.ts'
import type { RunningBroker } from './running-broker.ts'
import { step } from './steps.ts'

async function startBroker(env: NodeJS.ProcessEnv): Promise<RunningBroker> {
  if (env.KAFKA_BROKERS) {
    return { brokers: env.KAFKA_BROKERS, origin: 'KAFKA_BROKERS', stop: () => Promise.resolve() }
  }
  if (await hasDockerEngine()) return startComposeBroker(`millrace-${String(process.pid)}`)
  const broker = await startJvmBroker({ signal: interruption })
  return {
    brokers: broker.brokers,
    origin: `Kafka ${KAFKA_VERSION} in a JVM`,
    stop: () => broker.stop(),
  }
}

/** Gives `body` a broker, and stops it afterwards unless it was there before. */
export async function withBroker<T>(body: (brokers: string) => Promise<T>): Promise<T> {
  const held: RunningBroker[] = []
  await step('Kafka broker', async () => {
    const broker = await startBroker(process.env)
    held.push(broker)
    return `${broker.origin} at ${broker.brokers}`
  })
  try {
    return await body(held[0]?.brokers ?? '')
  } finally {
    for (const broker of held) await broker.stop()
  }
}
