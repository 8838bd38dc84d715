import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { whyNoPostgres } from '@millrace/tools/databases'
import { runDemo, untilNoTopics } from './demo-process.testkit.ts'

const RECORDS = 2000
const ARGS = ['--records', String(RECORDS), '--records-per-second', '250', '--seed', '1']

/** Where each sample needs more than a broker: why it cannot run. */
const SAMPLES: Readonly<Record<string, string | false>> = {
  webhooks: false,
  'orders-to-postgres': await whyNoPostgres(),
}

for (const [name, skip] of Object.entries(SAMPLES)) {
  describe(name, { concurrency: true, skip }, () => {
    test('kills lose and duplicate nothing', { timeout: 180_000 }, async () => {
      const { status, lines, log } = await runDemo({ name, args: [...ARGS, '--kills', '2'] })
      const verdict = `${name}: ${RECORDS} records, 0 lost, 0 duplicated, 2 kills`
      assert.equal(lines.at(-1), verdict, `${log}\n${lines.join('\n')}`)
      assert.equal(status, 0)
      assert.match(log, /kill 2 of 2 at \d+%/)
    })

    test('when it is interrupted, nothing is left', { timeout: 120_000 }, async () => {
      const run = { name, args: ['--verbose'], interruptAt: '→ running' }
      const { status, lines, log } = await runDemo(run)
      assert.equal(status, 130, log)
      assert.deepEqual(lines, [''])
      assert.ok(log.endsWith('the app is stopped and its topics are deleted.\n'), log)
      const prefix = new RegExp(`${name}-[0-9a-f]{8}-`).exec(log)?.[0] ?? assert.fail(log)
      await untilNoTopics(prefix)
    })
  })
}
