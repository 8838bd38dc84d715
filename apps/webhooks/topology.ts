import { serdes, type Sink, StreamsBuilder, type Topology, tumbling } from '@millrace/core'

/** Somebody has tried to log in. The record's key is the user, its time is that of the try. */
export interface Login {
  readonly succeeded: boolean
  readonly address: string
}

/** The body of a request. */
export interface Alert {
  readonly user: string
  /** The minute in which it happened, as its start. */
  readonly minute: string
  readonly failures: number
}

/** So many failed logins of a user within a minute are worth an alert. */
export const FAILURES: number = 5

/** Names the sink, and so its consumer group and the topic before it; see {@link alertsGroup}. */
const SINK = 'alerts'

/** Sends an alert for each minute in which a user has failed to log in {@link FAILURES} times. */
export function alertsTopology(logins: string, endpoint: Sink<string, Alert>): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(logins, { key: serdes.string, value: serdes.json<Login>() })
    .filter((_, { succeeded }) => !succeeded)
    .groupByKey()
    .windowedBy(tumbling('1 minute', { grace: '1 minute' }))
    // Without a cache each count is seen, so none is passed over.
    .count({ store: 'failed-logins', caching: false })
    .toStream()
    .filter((_, failures) => failures === FAILURES)
    .map(({ key: user, window }, failures) => {
      return [user, { user, minute: new Date(window.startMs).toISOString(), failures }]
    })
    .toSink(endpoint, { name: SINK, key: serdes.string, value: serdes.json<Alert>() })
  return builder.build()
}

/** The consumer group of the sink, and the topic that it reads. */
export function alertsGroup(applicationId: string): { groupId: string; topic: string } {
  const groupId = `${applicationId}-${SINK}`
  return { groupId, topic: `${groupId}-sink` }
}
