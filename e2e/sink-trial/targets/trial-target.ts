import type { FedRecord } from '../records.ts'

/** Where a target is, for the processes that write to it. */
export type TargetAddress =
  | { readonly kind: 'postgres' | 'mariadb' | 'sqlite'; readonly jdbcUrl: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'kafka'; readonly brokers: string; readonly topic: string }

export type TargetName = TargetAddress['kind']

/** What is wrong with the target: a line each, for a person. */
export interface Findings {
  readonly lost: number
  readonly duplicated: number
  /** Wrong order, wrong content, unknown records, and examples of the others. */
  readonly problems: readonly string[]
}

/** A real system that sinks write to. */
export interface TrialTarget {
  readonly address: TargetAddress
  /** How many records have arrived; a measure of progress, cheap enough to ask ten times a second. */
  count(): Promise<number>
  /** True when what `count` does not count is there as well. */
  isComplete?(fed: readonly FedRecord[]): Promise<boolean>
  /** Compares everything there is with what was fed, in the order in which it was fed. */
  compare(fed: readonly FedRecord[]): Promise<Findings>
  /** The target crashes, and is back after a while; absent where it cannot without losing data by itself. */
  outage?(awayMs: number): Promise<void>
  /** Something to tell besides, such as how many requests came. */
  summary(): string
  stop(): Promise<void>
}
