import { describe, test } from 'node:test'
import { adminCases } from './kafka-port-admin.ts'
import { fencingCases } from './kafka-port-fencing.ts'
import { groupCases } from './kafka-port-group.ts'
import { membershipCases } from './kafka-port-membership.ts'
import { positionCases } from './kafka-port-position.ts'
import { recordCases } from './kafka-port-record.ts'
import { transactionCases } from './kafka-port-transaction.ts'
import { KafkaTestBed, type KafkaPortUnderTest } from './kafka-test-bed.ts'

const CASE_TIMEOUT_MS = 90_000

/**
 * The contract of the Kafka port as tests. Every implementation calls this from its own suite;
 * `open` is called for every test, on a cluster that other tests may use at the same time.
 */
export function testKafkaPort(label: string, open: () => Promise<KafkaPortUnderTest>): void {
  describe(`${label}: KafkaPort contract`, () => {
    const cases = [
      ...recordCases,
      ...transactionCases,
      ...fencingCases,
      ...positionCases,
      ...groupCases,
      ...membershipCases,
      ...adminCases,
    ]
    for (const { title, run } of cases) {
      test(title, { timeout: CASE_TIMEOUT_MS }, async () => {
        const port = await open()
        const bed = new KafkaTestBed(port)
        const runAndClose = async (): Promise<void> => {
          try {
            await run(bed)
          } finally {
            await bed.close()
          }
        }
        await (port.time?.settle(runAndClose()) ?? runAndClose())
      })
    }
  })
}
