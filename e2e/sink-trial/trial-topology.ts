import { type KStream, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { httpSink } from '@millrace/sink-http'
import { jdbcSink } from '@millrace/sink-jdbc'
import { kafkaSink } from '@millrace/sink-kafka'
import type { TrialValue } from './records.ts'
import type { TargetAddress } from './targets/trial-target.ts'

const TYPED = { key: serdes.string, value: serdes.json<TrialValue>() }

/** The input, as it is, to the target. */
export function trialTopology(input: string, target: TargetAddress): Topology {
  const builder = new StreamsBuilder()
  const events = builder.stream(input, TYPED)
  switch (target.kind) {
    case 'kafka':
      events.toSink(kafkaSink({ ...target, ...TYPED }), { name: 'copies' })
      break
    case 'http':
      toHttp(events, target.url)
      break
    case 'postgres':
    case 'mariadb':
    case 'sqlite':
      toTables(events, target.jdbcUrl)
      break
  }
  return builder.build()
}

/** The server hangs now and then: half a second is enough to see it, and waits are short so that it is often. */
function toHttp(events: KStream<string, TrialValue>, url: string): void {
  const sink = httpSink<string, TrialValue>({
    url,
    headers: { 'x-key': '{key}' },
    timeouts: { headers: '500 ms' },
    retry: { initialBackoff: '20 ms', maxBackoff: '2 seconds' },
  })
  events.toSink(sink, { name: 'calls' })
}

/** Each record as a row of its own, and the last record of each key. */
function toTables(events: KStream<string, TrialValue>, connectionUrl: string): void {
  const schema = {
    k: { type: 'text', value: ({ key }: { key: string }) => key },
    n: 'bigint',
    text: { type: 'text', column: 'txt' },
  } as const
  const inserts = jdbcSink<string, TrialValue>({ connectionUrl, table: 'events', schema })
  const upserts = jdbcSink<string, TrialValue>({
    connectionUrl,
    table: 'latest',
    schema,
    insertMode: 'upsert',
    pkMode: 'recordKey',
    pkFields: ['k'],
  })
  events.toSink(inserts, { name: 'events' })
  events.toSink(upserts, { name: 'latest' })
}
