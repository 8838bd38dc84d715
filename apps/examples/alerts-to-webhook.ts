import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { httpSink } from '@millrace/sink-http'

interface Alert {
  readonly host: string
  readonly severity: 'page' | 'ticket'
}

/** Calls a webhook for each alert that is worth a page; those of one key come in their order. */
export function alertsToWebhook(url: string, token: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('alerts', { key: serdes.string, value: serdes.json<Alert>() })
    .filter((_, { severity }) => severity === 'page')
    .toSink(httpSink({ url, auth: { kind: 'bearer', token } }), {
      name: 'webhook',
      deadLetterTopic: 'alerts-dead',
    })
  return builder.build()
}
