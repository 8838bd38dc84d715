import { fileURLToPath } from 'node:url'
import { count, type PreparedTrial, runTrial, type TrialSetting } from '@millrace/trial'
import { expectedAlerts, judgeAlerts } from './demo/judge-alerts.ts'
import { randomLogins } from './demo/logins.ts'
import { randomFaults } from './endpoint/faults.ts'
import { UnreliableEndpoint } from './endpoint/unreliable-endpoint.ts'
import { alertsGroup } from './topology.ts'

/** Of all requests. */
const FAULTS = 0.1

async function prepare({ applicationId, records, random }: TrialSetting): Promise<PreparedTrial> {
  const logins = randomLogins(records, Date.now(), random)
  const expected = expectedAlerts(logins)
  const endpoint = await UnreliableEndpoint.start({ nextFault: randomFaults(FAULTS, random) })
  const { ledger } = endpoint
  const input = `${applicationId}-logins`
  const { groupId, topic } = alertsGroup(applicationId)
  return {
    topics: [input],
    environment: { LOGINS_TOPIC: input, WEBHOOK_URL: endpoint.url },
    before: [],
    records: logins.map(({ user, atMs, ...login }) => {
      return { topic: input, key: user, value: JSON.stringify(login), timestampMs: atMs }
    }),
    groups: [
      { groupId: applicationId, topics: [input] },
      { groupId, topics: [topic] },
    ],
    expectedEffects: expected.length,
    countEffects: () => Promise.resolve(ledger.size),
    judge: () => {
      const faults = [...endpoint.faults].map(([kind, times]) => `${kind} ${count(times)}`)
      const notes = [
        `${count(endpoint.requests)} requests for ${count(expected.length)} alerts; failed: ${faults.join(', ')}`,
        `${count(ledger.repeats)} requests came again after they had taken effect, and were known by their key`,
      ]
      return Promise.resolve({ ...judgeAlerts(expected, ledger.alerts), notes })
    },
    close: () => endpoint.close(),
  }
}

await runTrial({
  name: 'webhooks',
  summary: `Sends alerts about failed logins to an HTTP endpoint that fails at random, kills the app
while it works, and compares what has taken effect at the endpoint with a recount.`,
  program: fileURLToPath(new URL('main.ts', import.meta.url)),
  effects: 'alerts',
  prepare,
})
