import { createApp, consoleLogger, MillraceError, type AppSettings } from '@millrace/core'
import { rocksdb } from '@millrace/state-rocksdb'
import { writeSync } from 'node:fs'
import { topicsOf } from './records.ts'
import { chaosTopology } from './topology.ts'

// One member as a program: `node member.ts SETTINGS`, with the settings as JSON. Tells on standard
// output, one JSON object a line, what it does, and logs on standard error.

export type MemberSettings = AppSettings & { readonly stateDir: string }

export type MemberEvent =
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'restore'; readonly phase: string }
  | {
      readonly kind: 'metrics'
      readonly processed: number
      readonly aborts: number
      readonly restored: number
    }
  | { readonly kind: 'error'; readonly message: string }

const REPORT_EVERY_MS = 200

function tell(event: MemberEvent): void {
  try {
    // At once: what is in a buffer is lost with a SIGKILL.
    writeSync(1, `${JSON.stringify(event)}\n`)
  } catch {
    // Its starter is gone, or slow: it is told again with the next one.
  }
}

const settings = JSON.parse(process.argv[2] ?? '') as MemberSettings // Written by ChaosMember.
const app = createApp(chaosTopology(topicsOf(settings.applicationId)), {
  ...settings,
  stores: rocksdb(),
  logger: consoleLogger('info'),
  onStateChange: (state) => {
    tell({ kind: 'state', state })
  },
  onRestore: ({ phase }) => {
    tell({ kind: 'restore', phase })
  },
})
const report = setInterval(() => {
  const { recordsProcessed, aborts, recordsRestored } = app.metrics()
  tell({ kind: 'metrics', processed: recordsProcessed, aborts, restored: recordsRestored })
}, REPORT_EVERY_MS)
try {
  await app.run()
} catch (error) {
  const code = MillraceError.is(error) ? `${error.code}: ` : ''
  tell({ kind: 'error', message: code + (error instanceof Error ? error.message : String(error)) })
  console.error(error)
  // A call of the Kafka client that does not return keeps the process alive.
  process.exit(1)
} finally {
  clearInterval(report)
}
