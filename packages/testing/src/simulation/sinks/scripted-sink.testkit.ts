import {
  MillraceError,
  type Sink,
  type SinkBatch,
  type SinkCapabilities,
  type SinkClaim,
  type SinkWriteControl,
  type SinkWriter,
} from '@millrace/core'
import type { Scheduler } from '@millrace/core/internal'

export interface StoredRow {
  readonly offset: number
  readonly index: number
  readonly key: unknown
  readonly value: unknown
}

interface StoredPartition {
  epoch: number
  position: number
  readonly rows: StoredRow[]
}

/** What happens at each step; a test replaces what it is about. */
export interface SinkScript {
  open?: () => Promise<void>
  claim?: (claim: SinkClaim) => Promise<void>
  /** Before the batch takes effect. */
  write?: (batch: Batch, control: Control) => Promise<void>
  /** After it has taken effect. */
  written?: (batch: Batch, control: Control) => Promise<void>
  close?: () => Promise<void>
}

export type Batch = SinkBatch<unknown, unknown>
export type Control = SinkWriteControl<unknown, unknown>

/** A target outside of all processes of a simulation: rows and positions, written in one step. */
export class ScriptedTarget {
  readonly partitions: Map<string, StoredPartition> = new Map()
  /** Every batch that was handed over, in order. */
  readonly batches: Batch[] = []
  readonly rejected: unknown[] = []
  opened = 0
  closedWriters = 0
  closed = 0
  script: SinkScript = {}
  /** False for a record that it refuses: the script says so to the runtime. */
  keeps: (row: StoredRow) => boolean = () => true

  stored(topic: string, partition: number): StoredPartition | undefined {
    return this.partitions.get(`${topic}-${partition}`)
  }

  /** Values in the order in which they were written. */
  values(topic: string, partition = 0): readonly unknown[] {
    return this.stored(topic, partition)?.rows.map(({ value }) => value) ?? []
  }

  all(): readonly unknown[] {
    return [...this.partitions.values()].flatMap(({ rows }) => rows.map(({ value }) => value))
  }

  /** Another process claims the partition. */
  claimElsewhere(topic: string, partition: number): void {
    const stored = this.stored(topic, partition)
    if (stored !== undefined) stored.epoch++
  }
}

export const TRANSACTIONAL: SinkCapabilities = { tier: 'transactional' }

/** A sink on a memory target, for one process. Without a position unless it is transactional. */
export function scriptedSink(
  target: ScriptedTarget,
  scheduler: Scheduler,
  capabilities: SinkCapabilities = TRANSACTIONAL,
): Sink<unknown, unknown> {
  const isTransactional = capabilities.tier === 'transactional'
  const latency = (): Promise<void> =>
    new Promise((resolve) => {
      scheduler.setTimer(1, resolve)
    })
  return {
    kind: 'memory',
    capabilities,
    async open() {
      await latency()
      await target.script.open?.()
      target.opened++
    },
    async claim(claim) {
      await latency()
      await target.script.claim?.(claim)
      const { topic, partition, initialOffset } = claim
      const key = `${topic}-${partition}`
      const stored = target.partitions.get(key) ?? { epoch: 0, position: initialOffset, rows: [] }
      target.partitions.set(key, stored)
      stored.epoch++
      return writerOf({ target, stored, latency, isTransactional, epoch: stored.epoch })
    },
    async close() {
      await target.script.close?.()
      target.closed++
    },
  }
}

interface WriterParts {
  readonly target: ScriptedTarget
  readonly stored: StoredPartition
  readonly latency: () => Promise<void>
  readonly isTransactional: boolean
  readonly epoch: number
}

function writerOf(parts: WriterParts): SinkWriter<unknown, unknown> {
  const { target, stored, latency, isTransactional, epoch } = parts
  return {
    position: isTransactional ? stored.position : undefined,
    async write(batch, control) {
      target.batches.push(batch)
      await target.script.write?.(batch, control)
      await latency()
      if (!isTransactional || isNew(stored, batch, epoch)) {
        for (const { offset, index, key, value } of batch.records) {
          const row = { offset, index, key, value }
          if (target.keeps(row)) stored.rows.push(row)
        }
        stored.position = batch.to
      }
      await target.script.written?.(batch, control)
    },
    close() {
      target.closedWriters++
      return Promise.resolve()
    },
  }
}

/** Whether the target has not got the batch yet. */
function isNew(stored: StoredPartition, { from, to }: Batch, epoch: number): boolean {
  if (stored.epoch === epoch && stored.position === to) return false
  if (stored.epoch === epoch && stored.position === from) return true
  throw new MillraceError('MR_SINK_FENCED', 'another writer has claimed the partition')
}

export const unavailable = (at: Readonly<Record<string, number>> = {}): MillraceError =>
  new MillraceError('MR_SINK_UNAVAILABLE', 'the target does not answer', { at })
