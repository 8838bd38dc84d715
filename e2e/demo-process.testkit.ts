import { fileURLToPath } from 'node:url'
import { silentLogger } from '@millrace/core'
import { createConfluentKafka } from '@millrace/core/internal'
import { type FinishedProgram, type ProgramRun, runToEnd } from './program.testkit.ts'
import { until } from './until.testkit.ts'

export interface DemoRun extends Omit<ProgramRun, 'file'> {
  /** The sample, a folder of `apps`. It ends only after its processors have. */
  readonly name: string
}

/** Runs `demo.ts` of a sample. */
export function runDemo({ name, ...run }: DemoRun): Promise<FinishedProgram> {
  const file = fileURLToPath(new URL(`../apps/${name}/demo.ts`, import.meta.url))
  return runToEnd({ file, ...run })
}

/** Resolves when none is left: a topic that was deleted is still listed for a moment. */
export async function untilNoTopics(prefix: string): Promise<void> {
  const brokers = process.env['KAFKA_BROKERS']?.split(',') ?? []
  const kafka = createConfluentKafka({ brokers, logger: silentLogger, overrides: {} })
  const admin = kafka.admin({ clientId: 'demo-test' })
  try {
    await until(`no topic ${prefix}* is left`, async () => {
      const topics = await admin.listTopics()
      return !topics.some((topic) => topic.startsWith(prefix))
    })
  } finally {
    await admin.close()
  }
}
