import { type AppOptions, type Logger, MillraceError } from '@millrace/core'
import { createAppOn, createConfluentKafka } from '@millrace/core/internal'
import { rocksdb } from '@millrace/state-rocksdb'
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultHook, withFaults } from './faults.testkit.ts'
import type { MemberEvent, MemberSpec, SelfHarm } from './member-process.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

// One member of an application as a program: `node member.ts SPEC`, with the spec as JSON. Tells on
// standard output, one JSON object a line, what it does; a test starts it, kills it, stops it.

const METRICS_EVERY_MS = 50

const spec = JSON.parse(process.argv[2] ?? '') as MemberSpec // Written by MemberProcess.

function tell(event: MemberEvent): void {
  // At once: what is in a buffer is lost with a SIGKILL.
  writeSync(1, `${JSON.stringify(event)}\n`)
}

function tellingLogger(): Logger {
  const say =
    (level: 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      client.isBusy ||= message.includes('the client is given up')
      tell({ kind: 'log', level, message, fields: JSON.stringify(fields, printError) })
    }
  return { debug: () => undefined, info: say('info'), warn: say('warn'), error: say('error') }
}

/** A call of the Kafka client that does not return keeps the process alive: then it is ended. */
const client = { isBusy: false }

function printError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  return { message: value.message, cause: value.cause }
}

/** Signals this very process at one point of the commit, once enough records were sent. */
function harm({ point, when, afterRecords, signal, thenWaitMs = 0 }: SelfHarm): FaultHook {
  let isDone = false
  return async (moment) => {
    if (isDone || moment.point !== point || moment.when !== when) return
    if (moment.sent < afterRecords) return
    isDone = true
    if (point !== 'flush') await moment.flush()
    tell({ kind: 'harm', sent: moment.sent })
    process.kill(process.pid, signal)
    await sleep(thenWaitMs)
  }
}

async function run(): Promise<void> {
  const { topology, topics, app: settings, harm: planned } = spec
  const options: AppOptions = {
    ...settings,
    brokers: spec.brokers,
    ...(settings.stateDir === undefined ? {} : { stores: rocksdb() }),
    logger: tellingLogger(),
    onStateChange: (state, before) => {
      tell({ kind: 'state', state, before })
    },
    onRestore: (progress) => {
      tell({ kind: 'restore', progress })
      if (progress.phase === 'batch' && progress.restored >= (spec.killAtRestored ?? Infinity)) {
        process.kill(process.pid, 'SIGKILL')
      }
    },
  }
  const app = createAppOn(
    {
      kafka: ({ brokers, kafka: overrides }, logger) => {
        const kafka = createConfluentKafka({ brokers, overrides, logger })
        return planned === undefined ? kafka : withFaults(kafka, harm(planned))
      },
    },
    TOPOLOGIES[topology](topics),
    options,
  )
  const report = setInterval(() => {
    tell({ kind: 'metrics', metrics: app.metrics() })
  }, METRICS_EVERY_MS)
  try {
    await app.run()
  } catch (error) {
    tell({ kind: 'error', ...describe(error) })
    client.isBusy ||= MillraceError.is(error, 'MR_CLOSE_TIMEOUT')
    process.exitCode = 1
  } finally {
    clearInterval(report)
    tell({ kind: 'metrics', metrics: app.metrics() })
  }
}

function describe(error: unknown): { code: string; message: string } {
  if (MillraceError.is(error)) return { code: error.code, message: error.message }
  return { code: '', message: error instanceof Error ? String(error.stack) : String(error) }
}

await run()
if (client.isBusy) process.exit()
