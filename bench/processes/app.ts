import { memberOptions, reportMetrics } from '@millrace/cli'
import { createApp, serdes, StreamsBuilder } from '@millrace/core'
import { burn } from './burn.ts'

// An app for `millrace run app.ts -- SPEC`: one stateless operator that takes CPU time.

export interface BurnSpec {
  readonly applicationId: string
  readonly brokers: string
  readonly input: string
  readonly output: string
  readonly rounds: number
}

const spec = JSON.parse(process.argv[2] ?? '') as BurnSpec // Written by processes-command.ts.
const builder = new StreamsBuilder()
builder
  .stream(spec.input, { key: serdes.string, value: serdes.integer })
  .mapValues((value) => burn(spec.rounds, value), { value: serdes.integer })
  .to(spec.output)
const app = createApp(builder.build(), {
  applicationId: spec.applicationId,
  brokers: spec.brokers,
  logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  ...memberOptions(),
})
await reportMetrics(app).run()
