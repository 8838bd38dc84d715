import { createApp } from '@millrace/core'
import { rocksdb } from '@millrace/state-rocksdb'
import { ClientLoop } from './run/client-loop.ts'
import type { RunnerMessage, RunnerOrder } from './run/measured-process.ts'
import { isClientLoop, type RunnerOptions } from './run/run-options.ts'
import { topologyOf } from './run/topologies.ts'

/** What is measured: started by `start`, ended by `stop`. Nothing else runs in this process. */
interface Subject {
  /** Resolves when it has been stopped; rejects when it fails. */
  run(): Promise<void>
  stop(): Promise<void>
}

function subjectOf(options: RunnerOptions): Subject {
  const { workload } = options
  if (isClientLoop(workload)) return new ClientLoop(options)
  const app = createApp(topologyOf(workload, options), {
    applicationId: options.applicationId,
    brokers: options.brokers,
    processingGuarantee: options.guarantee === 'eos' ? 'exactly_once_v2' : 'at_least_once',
    commitInterval: options.commitIntervalMs,
    replicationFactor: 1,
    ...(options.cacheBytes === undefined ? {} : { cacheMaxBytes: options.cacheBytes }),
    ...(options.store === 'rocksdb' ? { stores: rocksdb(), stateDir: options.stateDir } : {}),
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  })
  return { run: () => app.run(), stop: () => app.close() }
}

function tell(message: RunnerMessage): void {
  process.send?.(message)
}

async function main(options: RunnerOptions): Promise<void> {
  const subject = subjectOf(options)
  const ended = new Promise<void>((resolve, reject) => {
    process.on('message', (order: RunnerOrder) => {
      if (order === 'start') subject.run().then(resolve, reject)
      else subject.stop().catch(reject)
    })
  })
  tell({ kind: 'ready' })
  await ended
}

// The parent, which starts this file and nobody else does, writes it.
const options = JSON.parse(process.argv[2] ?? '') as RunnerOptions
try {
  await main(options)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  process.disconnect()
}
