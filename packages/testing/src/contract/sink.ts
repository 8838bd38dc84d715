import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { SinkBed } from './sink-bed.ts'
import type { SinkCase } from './sink-case.ts'
import { emitCases } from './sink-emit-cases.ts'
import { faultCases } from './sink-fault-cases.ts'
import { fencingCases } from './sink-fencing-cases.ts'
import { orderCases } from './sink-order-cases.ts'
import { positionCases } from './sink-position-cases.ts'
import { rejectCases } from './sink-reject-cases.ts'
import type { SinkHarness } from './sink-under-test.ts'

const CASE_TIMEOUT_MS = 60_000

const CASES: readonly SinkCase[] = [
  ...positionCases,
  ...orderCases,
  ...rejectCases,
  ...emitCases,
  ...fencingCases,
  ...faultCases,
]

/**
 * The contract of `Sink` as tests, for `node:test`. Every sink calls this from its own suite, on the target that it is
 * for; which tests there are depends on its capabilities, and on what the harness can do. The oracle is the exact multiset of
 * records in the target. `harness.open` is called for every test.
 */
export function testSink<K, V>(label: string, harness: SinkHarness<K, V>): void {
  const { timeoutMs = CASE_TIMEOUT_MS } = harness
  describe(`${label}: Sink contract`, () => {
    const plain = withoutTypes(harness)
    for (const { title, run } of sinkCases(plain)) {
      test(title, { timeout: timeoutMs }, () => runSinkCase(plain, run))
    }
  })
}

/** The harness as cases see it: keys and values come from it and go to its own sinks, and nowhere else. */
export function withoutTypes<K, V>(harness: SinkHarness<K, V>): SinkHarness<unknown, unknown> {
  return harness as unknown as SinkHarness<unknown, unknown>
}

/** Those that apply to a sink. */
export function sinkCases(harness: SinkHarness<unknown, unknown>): readonly SinkCase[] {
  return CASES.filter(({ appliesTo = () => true }) => appliesTo(harness))
}

/** Runs one case on a target that is opened for it. */
export async function runSinkCase(
  harness: SinkHarness<unknown, unknown>,
  run: SinkCase['run'],
): Promise<void> {
  const unique = randomUUID().slice(0, 8)
  const names = {
    sinkId: `contract-${unique}`,
    topic: `orders-${unique}`,
    otherTopic: `payments-${unique}`,
  }
  const bed = new SinkBed(harness, names, await harness.open(names))
  try {
    await run(bed)
  } finally {
    await bed.close()
  }
}
