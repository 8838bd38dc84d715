import { consoleLogger, createApp, MillraceError } from '@millrace/core'
import { writeSync } from 'node:fs'
import type { TrialMemberEvent, TrialMemberSpec } from './member-spec.ts'
import { trialTopology } from './trial-topology.ts'

// One member as a program: `node member.ts SPEC`, with the spec as JSON. Logs on standard error.

function tell(event: TrialMemberEvent): void {
  try {
    // At once: what is in a buffer is lost with a SIGKILL.
    writeSync(1, `${JSON.stringify(event)}\n`)
  } catch {
    // Its starter is gone.
  }
}

const { app: settings, input, target } = JSON.parse(process.argv[2] ?? '') as TrialMemberSpec // Written by TrialMember.
const app = createApp(trialTopology(input, target), {
  ...settings,
  logger: consoleLogger('info'),
  onStateChange: (state) => {
    tell({ kind: 'state', state })
  },
})
try {
  await app.run()
} catch (error) {
  const code = MillraceError.is(error) ? `${error.code}: ` : ''
  tell({ kind: 'error', message: code + (error instanceof Error ? error.message : String(error)) })
  console.error(error)
  // A call of the Kafka client that does not return keeps the process alive.
  process.exit(1)
}
