import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runToEnd } from './program.testkit.ts'
import { whyNoMariadb, whyNoPostgres } from '@millrace/tools/databases'

const MAIN = fileURLToPath(new URL('sink-trial/main.ts', import.meta.url))

/** Why there is no such server on this machine. */
const SKIPPED: Readonly<Record<string, string | false>> = {
  postgres: await whyNoPostgres({ own: true }),
  mariadb: await whyNoMariadb({ own: true }),
}

/** Of `./dev sinks`, small. One after the other: each has a broker and two processes. */
describe('a target is complete, and has nothing twice, after kills and a zombie', () => {
  for (const [target, records] of [
    ['kafka', 12_000],
    ['http', 4000],
    ['postgres', 20_000],
    ['mariadb', 20_000],
    ['sqlite', 20_000],
  ] as const) {
    test(target, { timeout: 300_000, skip: SKIPPED[target] ?? false }, async () => {
      const { status, lines, log } = await runToEnd({
        file: MAIN,
        args: [target, '--records', `${records}`, '--kills', '2'],
      })
      const told = [...lines, log].join('\n')
      assert.equal(
        lines.at(-1),
        `${target}: ${records} records, 0 lost, 0 duplicated, 2 kills, 1 zombies`,
        told,
      )
      assert.equal(status, 0, told)
    })
  }
})

test('an interrupted trial says so, and ends', { timeout: 120_000 }, async () => {
  const { status, log } = await runToEnd({
    file: MAIN,
    args: ['sqlite', '--records', '20000', '--kills', '2'],
    interruptAt: '  SIGKILL member-',
  })
  assert.equal(status, 130, log)
  assert.ok(log.endsWith('the members and the servers are stopped.\n'), log)
})
