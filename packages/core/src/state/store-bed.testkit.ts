import { inMemory } from './memory-state-backend.ts'
import type { StateStore } from './state-store.ts'
import type { StoreBuilder } from './store-builder.ts'
import type { ChangelogRecord, RestoredRecord } from './store-changelog.ts'
import { TransactionBuffer } from './transaction-buffer.ts'

/** A store over memory, with what the runtime does to it. */
export interface StoreBed<S extends StateStore> {
  readonly store: S
  /** The time of the record being processed. */
  readonly clock: { timestampMs: number }
  readonly changelogRecords: () => readonly ChangelogRecord[]
  /** The same as text: key and value in hex, and the time; headers if there are any. */
  readonly changelog: () => readonly string[]
  readonly commit: () => void
}

export function memoryBed<S extends StateStore>(
  builder: StoreBuilder<S>,
  restored: readonly ChangelogRecord[] = [],
): StoreBed<S> {
  const { name } = builder
  const state = inMemory().open({ taskId: '0_0', stores: [name], directory: '' })
  if ('then' in state) throw new TypeError('memory opens at once')
  const entries = state.entries(name)
  const apply = (batch: Parameters<typeof state.apply>[0][number]): void => {
    void state.apply([batch], new Map())
  }
  apply({ store: name, ...builder.changelog.restore(restored.map(asRestored), entries) })
  const buffer = new TransactionBuffer(name, entries)
  const clock = { timestampMs: 0 }
  const store = builder.build({
    buffer,
    changelogTopic: `app-${name}-changelog`,
    currentTimestampMs: () => clock.timestampMs,
  })
  const changelogRecords = (): readonly ChangelogRecord[] => [...builder.changelog.records(buffer)]
  return {
    store,
    clock,
    changelogRecords,
    changelog: () => changelogRecords().map(textOf),
    commit: () => {
      apply(buffer.batch())
      buffer.applied()
    },
  }
}

function asRestored({ key, value, timestampMs, headers }: ChangelogRecord): RestoredRecord {
  return { key, value, timestamp: timestampMs, headers }
}

function textOf({ key, value, timestampMs, headers }: ChangelogRecord): string {
  const named = headers.map((one) => ` ${one.key}=${String(one.value && Buffer.from(one.value))}`)
  return `${hex(key)} ${hex(value)} @${timestampMs}${named.join('')}`
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : Buffer.from(bytes).toString('hex')
}
