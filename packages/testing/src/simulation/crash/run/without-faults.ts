import { serdes, StreamsBuilder } from '@millrace/core'
import { TopologyTestDriver } from '../../../topology-test-driver.ts'
import type { CrashPart } from '../parts/crash-part.ts'
import { TOMBSTONE } from './checks.ts'

const TEXT = { key: serdes.string, value: serdes.string }

/**
 * The values of each key that the part writes to a topic when nothing goes wrong: what the test driver makes
 * of its inputs, one after the other.
 *
 * For parts whose every task has one input partition: with several, nobody promises how they are interleaved.
 */
export async function outputsWithoutFaults(
  { topics, inputs, addTo }: Pick<CrashPart, 'topics' | 'inputs' | 'addTo'>,
  output: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const builder = new StreamsBuilder()
  addTo(builder, { sleep: () => Promise.resolve() })
  const driver = await TopologyTestDriver.create(builder.build(), { topics })
  try {
    for (const { topic, key, value, timestampMs } of inputs) {
      await driver.input(topic, TEXT).pipe(key, value, { timestampMs })
    }
    const byKey = new Map<string, string[]>()
    for (const { key, value } of driver.output(output, TEXT).readRecords()) {
      const name = key ?? '(null)'
      const values = byKey.get(name) ?? []
      byKey.set(name, values)
      values.push(value ?? TOMBSTONE)
    }
    return byKey
  } finally {
    await driver.close()
  }
}
