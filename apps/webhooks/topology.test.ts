import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '@millrace/core'
import { httpSink } from '@millrace/sink-http'
import { TopologyTestDriver } from '@millrace/testing'
import { type Alert, alertsGroup, alertsTopology, type Login } from './topology.ts'

const MINUTE_MS = 60_000
const START_MS = Date.UTC(2026, 0, 1)
const START = '2026-01-01T00:00:00.000Z'

type Try = readonly [user: string, atMs: number, succeeded?: boolean]

/** What goes to the sink. The driver does not call it: it shows the topic in front. */
async function alertsOf(tries: readonly Try[]): Promise<readonly unknown[]> {
  const endpoint = httpSink<string, Alert>({ url: 'http://127.0.0.1:1' })
  const topology = alertsTopology('logins', endpoint)
  const driver = await TopologyTestDriver.create(topology, { applicationId: 'app' })
  const input = driver.input('logins', { key: serdes.string, value: serdes.json<Login>() })
  for (const [user, atMs, succeeded = false] of tries) {
    const login = { succeeded, address: '192.0.2.1' }
    await input.pipe(user, login, { timestampMs: START_MS + atMs })
  }
  const { topic } = alertsGroup('app')
  const output = driver.output(topic, { key: serdes.string, value: serdes.json<Alert>() })
  const alerts = output.readAll()
  await driver.close()
  return alerts
}

const failures = (user: string, count: number, fromMs = 0): Try[] =>
  Array.from({ length: count }, (_, n) => [user, fromMs + n] as const)

test('the fifth failed login in a minute is an alert, the sixth is none', async () => {
  const alert = { user: 'ann', minute: START, failures: 5 }
  assert.deepEqual(await alertsOf(failures('ann', 4)), [])
  assert.deepEqual(await alertsOf(failures('ann', 5)), [['ann', alert]])
  assert.deepEqual(await alertsOf(failures('ann', 9)), [['ann', alert]])
})

test('logins that succeed, and those of others, do not count', async () => {
  const tries = [...failures('ann', 4), ['ann', 5, true] as const, ...failures('bob', 4)]
  assert.deepEqual(await alertsOf(tries), [])
})

test('the next minute counts anew', async () => {
  const across = failures('ann', 8, MINUTE_MS - 4)
  assert.deepEqual(await alertsOf(across), [])
  const both = [...failures('ann', 5), ...failures('ann', 5, MINUTE_MS)]
  assert.deepEqual(
    (await alertsOf(both)).map((pair) => (pair as [string, Alert])[1].minute), // the output's pairs
    [START, '2026-01-01T00:01:00.000Z'],
  )
})

test('a login that is late by less than a minute still counts', async () => {
  const tries = [...failures('ann', 4), ['bob', MINUTE_MS, true] as const, ...failures('ann', 1, 9)]
  assert.equal((await alertsOf(tries)).length, 1)
})
