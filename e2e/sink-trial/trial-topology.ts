import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { kafkaSink } from '@millrace/sink-kafka'
import type { TrialValue } from './records.ts'
import type { TargetAddress } from './targets/trial-target.ts'

/** The input, as it is, to the target. */
export function trialTopology(input: string, target: TargetAddress): Topology {
  const builder = new StreamsBuilder()
  const typed = { key: serdes.string, value: serdes.json<TrialValue>() }
  const events = builder.stream(input, typed)
  switch (target.kind) {
    case 'kafka':
      events.toSink(kafkaSink({ ...target, ...typed }), { name: 'copies' })
      break
    case 'http':
    case 'postgres':
    case 'mariadb':
    case 'sqlite':
      throw new Error('not yet')
  }
  return builder.build()
}
