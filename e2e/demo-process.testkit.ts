import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@millrace/core'
import { createConfluentKafka } from '@millrace/core/internal'
import { until } from './until.testkit.ts'

/** What a demonstration has shown, and how it ended. */
export interface FinishedDemo {
  readonly status: number | null
  /** Of standard output. */
  readonly lines: readonly string[]
  /** Standard error. */
  readonly log: string
}

export interface DemoRun {
  /** The sample, a folder of `apps`. */
  readonly name: string
  readonly args: readonly string[]
  /** It gets SIGINT when it has logged this. It ends only after its processors have. */
  readonly interruptAt?: string
}

/** Runs `demo.ts` of a sample. */
export function runDemo({ name, args, interruptAt }: DemoRun): Promise<FinishedDemo> {
  const file = fileURLToPath(new URL(`../apps/${name}/demo.ts`, import.meta.url))
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@millrace/source', file, ...args])
    let output = ''
    let log = ''
    let isInterrupted = false
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (isInterrupted || interruptAt === undefined || !log.includes(interruptAt)) return
      isInterrupted = true
      child.kill('SIGINT')
    })
    child.once('error', reject)
    child.once('close', (status) => {
      resolve({ status, lines: output.trimEnd().split('\n'), log })
    })
  })
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
