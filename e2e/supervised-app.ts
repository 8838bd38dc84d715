import { memberOptions, reportMetrics } from '@millrace/cli'
import { type AppSettings, createApp, silentLogger } from '@millrace/core'
import { TOPOLOGIES, type TopologyName, type TopologyTopics } from './topologies.testkit.ts'

// An app for `millrace run supervised-app.ts … -- SPEC`, with the spec as JSON.

export interface SupervisedSpec {
  readonly topology: TopologyName
  readonly topics: TopologyTopics
  readonly app: AppSettings
}

const { topology, topics, app: settings } = JSON.parse(process.argv[2] ?? '') as SupervisedSpec // Written by the test.
console.log(`pid ${process.pid}`)
const app = createApp(TOPOLOGIES[topology](topics), {
  ...settings,
  logger: {
    ...silentLogger,
    info(message, { partitions } = {}) {
      const isGiven = message === 'partitions assigned' && Array.isArray(partitions)
      if (isGiven && partitions.length > 0) console.log(`takes ${partitions.join(' ')}`)
    },
  },
  ...memberOptions({
    onStateChange: (state) => {
      console.log(`state ${state}`)
    },
  }),
})
await reportMetrics(app).run()
