import { type AppState, createApp, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { rocksdb } from '@millrace/state-rocksdb'

/** What the process is told by whoever starts it. */
export interface RestartMemberOptions {
  readonly brokers: string
  readonly applicationId: string
  readonly input: string
  readonly stateDir: string
  readonly memoryBytes: number
}

export interface RestartMemberReport {
  readonly state: AppState
  readonly recordsRestored: number
  /** From the first restore's start to the last one's end. */
  readonly restoreSeconds: number
}

function topologyOf(input: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(input, { key: serdes.string, value: serdes.bytes })
    .toTable({ store: 'latest', key: serdes.string, value: serdes.bytes })
  return builder.build()
}

const options = JSON.parse(process.argv[2] ?? '') as RestartMemberOptions
let firstRestoreMs: number | undefined
let lastRestoreMs = 0

const app = createApp(topologyOf(options.input), {
  applicationId: options.applicationId,
  // Kept when the state directory is wiped: a host of the same name with an empty disk.
  instanceId: 'bench',
  staticMembership: true,
  brokers: options.brokers,
  stateDir: options.stateDir,
  stores: rocksdb({ memoryBytes: options.memoryBytes }),
  replicationFactor: 1,
  logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  onRestore: ({ phase }) => {
    if (phase === 'start') firstRestoreMs ??= performance.now()
    if (phase === 'end') lastRestoreMs = performance.now()
  },
  onStateChange: (state) => {
    const report: RestartMemberReport = {
      state,
      recordsRestored: app.metrics().recordsRestored,
      restoreSeconds: (lastRestoreMs - (firstRestoreMs ?? lastRestoreMs)) / 1000,
    }
    process.send?.(report)
  },
})
process.on('disconnect', () => {
  process.exit(1)
})
await app.run()
process.disconnect()
