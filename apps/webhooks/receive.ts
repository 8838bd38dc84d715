import { randomFaults } from './endpoint/faults.ts'
import { UnreliableEndpoint } from './endpoint/unreliable-endpoint.ts'

const FAULTS = 0.1
const REPORT_MS = 5000

/** The endpoint as a program: runs until SIGTERM or SIGINT. */
const endpoint = await UnreliableEndpoint.start({
  port: Number(process.env['PORT'] || 8080),
  host: process.env['HOST'] || '127.0.0.1',
  nextFault: randomFaults(FAULTS, Math.random),
})
process.stdout.write(`alerts go to ${endpoint.url}\n`)
const report = setInterval(() => {
  const { size, repeats } = endpoint.ledger
  process.stdout.write(
    `${endpoint.requests} requests, ${size} alerts, ${repeats} repeated after their effect\n`,
  )
}, REPORT_MS)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(report)
    void endpoint.close()
  })
}
