import type { AppOptions, StreamsBuilder } from '@millrace/core'
import type { SeededRandom } from '../../../contract/seeded-random.ts'
import type { Outcome } from '../run/outcome.ts'
import type { SimulatedProcess } from '../../time/simulated-process.ts'

/** A record that is given to the application. */
export interface InputRecord {
  readonly topic: string
  readonly key: string
  /** Null is a tombstone. */
  readonly value: string | null
  readonly timestampMs: number
}

/** Where the outcome is not what the inputs demand. */
export interface Difference {
  readonly where: string
  readonly expected: string
  readonly actual: string
}

/** What a topology has of the process that runs it. */
export interface PartEnvironment {
  /** Resolves after `ms` of virtual time; never, when the process is killed before. */
  readonly sleep: (ms: number) => Promise<void>
  /** What it does outside of Kafka goes through it. Undefined where a topology is built and never run. */
  readonly process?: SimulatedProcess | undefined
}

/**
 * A piece of a topology with its inputs and its oracle. A run has one or several of them, in one app.
 *
 * The oracle must not depend on how the partitions were interleaved: that is nobody's promise.
 */
export interface CrashPart {
  /** What the seed decided, in words. */
  readonly description: string
  /** Partitions of the topics that exist before the app starts. */
  readonly topics: Readonly<Record<string, number>>
  readonly inputs: readonly InputRecord[]
  /** Of the inputs: those that members read outside of the group, so that no offset tells how far they are. */
  readonly globalTopics?: readonly string[]
  /** Groups that read a topic, whose offsets tell how far they are. @defaultValue the app's, for inputs */
  readonly readBy?: Readonly<Record<string, readonly string[]>>
  /** Consumer groups of the part beside that of the app. */
  readonly groups?: readonly string[]
  /** Operations at which something of the part is decided: more faults come there. */
  readonly operations?: readonly [string, ...string[]] | undefined
  /** What the app needs so that the part works. */
  readonly options?: Partial<AppOptions>
  addTo(builder: StreamsBuilder, environment: PartEnvironment): void
  /**
   * False while something is still to come that no offset tells of: the run waits for it, but not for ever.
   * @defaultValue true
   */
  isComplete?(outcome: Outcome): boolean
  check(outcome: Outcome): readonly Difference[] | Promise<readonly Difference[]>
}

/** What a part is made of. All of its names begin with `prefix`. */
export interface PartSeed {
  readonly prefix: string
  readonly random: SeededRandom
  /** May be less than asked for. */
  readonly partitions: number
  readonly records: number
  /** True when caches are on: then a value may be skipped in favour of a later one. */
  readonly isCached: boolean
}

export type PartFactory = (seed: PartSeed) => CrashPart
