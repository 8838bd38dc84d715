import {
  type DroppedRecord,
  type KStream,
  type Serde,
  serdes,
  StreamsBuilder,
} from '@millrace/core'
import type { TestDriverOptions } from './driver/driver-options.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

export type Dropped = KStream<string | null, DroppedRecord<string>>
export type Input = readonly [
  topic: string,
  key: string | null,
  value: string | null,
  timestampMs: number,
]

export const DROPPED: {
  readonly key: Serde<string>
  readonly value: Serde<DroppedRecord<string>>
} = { key: serdes.string, value: serdes.json<DroppedRecord<string>>() }
/** Sends what is dropped to the topic `side`. */
export function toSide(records: Dropped): void {
  records.to('side')
}

/** What the topic `side` has in the end, each record as reason, key, value, time, and what else is told. */
export async function sideOf(
  build: (builder: StreamsBuilder) => void,
  inputs: readonly Input[],
  options: TestDriverOptions = {},
): Promise<readonly (readonly unknown[])[]> {
  const builder = new StreamsBuilder()
  build(builder)
  const driver = await TopologyTestDriver.create(builder.build(), options)
  for (const [topic, key, value, timestampMs] of inputs) {
    const nullable = { key: serdes.nullable(serdes.string), value: serdes.nullable(serdes.string) }
    await driver.input(topic, nullable).pipe(key, value, { timestampMs })
  }
  await driver.commit()
  const told = driver.output('side', DROPPED).readRecords()
  return told.map(({ key, value }) => {
    const {
      reason,
      value: record,
      timestampMs,
      streamTimeMs,
      window,
    } = value as DroppedRecord<string>
    const span = window === undefined ? [] : [`${window.startMs}-${window.endMs}`]
    return [reason, key, record, timestampMs, streamTimeMs, ...span]
  })
}
