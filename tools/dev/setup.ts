import { ensureKafkaClient } from './kafka-client.ts'
import { ensurePackages } from './packages.ts'

/** What every command that runs the project's code needs first. Seconds when all is there. */
export async function setUp(): Promise<void> {
  await ensurePackages()
  await ensureKafkaClient()
}
