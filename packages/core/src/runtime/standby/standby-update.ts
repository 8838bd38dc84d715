/** 'promoted': the task becomes active here. 'migrated': its copy is elsewhere from now on. 'closed': the member ends. 'failed': it is built anew. */
export type SuspendReason = 'promoted' | 'migrated' | 'closed' | 'failed'

/** How far the standby of one store is (Kafka Streams: KIP-988, `StandbyUpdateListener`). */
export interface StandbyProgress {
  readonly phase: 'start' | 'batch' | 'suspended'
  readonly taskId: string
  readonly store: string
  readonly topic: string
  readonly partition: number
  /** The changelog offset that is read next. */
  readonly position: number
  /** The changelog's end as this member last heard of it. */
  readonly end: number
  /** Applied in this batch. */
  readonly records: number
  /** With the phase 'suspended' only. */
  readonly reason?: SuspendReason
}

/** Told what standby tasks have applied; must not block. */
export type StandbyListener = (progress: StandbyProgress) => void
