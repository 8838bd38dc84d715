import {
  type ProcessorSupplier,
  type Serde,
  serdes,
  type StoreBuilder,
  StreamsBuilder,
} from '@millrace/core'
import type { TestDriverOptions } from './driver/driver-options.ts'
import type { TestInputTopic } from './test-input-topic.ts'
import type { TestOutputTopic } from './test-output-topic.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

export const TEXT: { readonly key: Serde<string>; readonly value: Serde<string> } = {
  key: serdes.string,
  value: serdes.string,
}

export type TextProcessor = ProcessorSupplier<string, string, string, string>

export interface ProcessorBed {
  readonly driver: TopologyTestDriver
  readonly input: TestInputTopic<string, string>
  readonly output: TestOutputTopic<string, string>
}

export interface ProcessorBedOptions extends TestDriverOptions {
  readonly stores?: readonly StoreBuilder[]
}

/** Runs processors, one behind the other (`p1`, `p2` …), between the topics `in` and `out`. */
export async function processorBed(
  processors: readonly TextProcessor[],
  { stores = [], ...options }: ProcessorBedOptions = {},
): Promise<ProcessorBed> {
  const builder = new StreamsBuilder()
  let stream = builder.stream('in', { ...TEXT, name: 'source' })
  for (const [i, supplier] of processors.entries()) {
    stream = stream.process(supplier, { name: `p${i + 1}`, stores, ...TEXT })
  }
  stream.to('out')
  const driver = await TopologyTestDriver.create(builder.build(), options)
  return { driver, input: driver.input('in', TEXT), output: driver.output('out', TEXT) }
}

/** Lets other work run: a promise that settles in a later turn of the event loop. */
export function laterTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
