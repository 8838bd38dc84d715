import { feedTopics } from '@millrace/trial'
import { randomLogins } from './demo/logins.ts'

/** Creates the topic of `main.ts` where it is missing, and sends it logins. */
const topic = process.env['LOGINS_TOPIC'] || 'logins'
const logins = randomLogins(Number(process.argv[2] ?? 2000), Date.now(), Math.random)
await feedTopics(
  [topic],
  logins.map(({ user, atMs, ...login }) => {
    return { topic, key: user, value: JSON.stringify(login), timestampMs: atMs }
  }),
)
