import type { FedRecord } from './feeder.ts'
import type { GroupReads } from './lag.ts'
import type { Random } from './random.ts'

/**
 * What it takes to try an app: it is fed, killed while records flow, started again, and then its target is compared
 * with what must be there.
 */
export interface Trial {
  /** Of the sample. Topics and groups begin with it. */
  readonly name: string
  /** What it does, for the help. */
  readonly summary: string
  /** The app: the program that is started and killed. */
  readonly program: string
  /** What the target counts: `rows`, `alerts`. */
  readonly effects: string
  /** Makes the records, and whatever they are written to. */
  prepare(setting: TrialSetting): Promise<PreparedTrial>
}

export interface TrialSetting {
  /** Of this run alone; all its topics begin with it. */
  readonly applicationId: string
  /** How many records are to be fed. */
  readonly records: number
  /** The same numbers for the same `--seed`. */
  readonly random: Random
}

export interface PreparedTrial {
  /** Topics that must exist before the app starts; it makes the internal ones. */
  readonly topics: readonly string[]
  /** Of the program, besides `KAFKA_BROKERS`, `APPLICATION_ID` and `INSTANCE_ID`. */
  readonly environment: Readonly<Record<string, string>>
  /** Sent before the app starts. */
  readonly before: readonly FedRecord[]
  /** Sent while it runs. */
  readonly records: readonly FedRecord[]
  /** All that the app reads. It is done when all of it is read and committed. */
  readonly groups: readonly GroupReads[]
  /** How many effects there must be in the end. */
  readonly expectedEffects: number
  /** How many the target has by now. */
  countEffects(): Promise<number>
  /** Compares the target with a computation that shares no code with the app. */
  judge(): Promise<Judgement>
  /** Ends what was started. The app is not running any more. */
  close(): Promise<void>
}

export interface Judgement {
  readonly lost: number
  readonly duplicated: number
  /** One line for each; some may be neither lost nor duplicated. Empty if and only if the target is right. */
  readonly differences: readonly string[]
  /** What else is worth telling. */
  readonly notes: readonly string[]
}

const MAX_DIFFERENCES = 10

/** What is told in the end: the verdict last. */
export function reportOf(
  name: string,
  run: { readonly records: number; readonly kills: number },
  { lost, duplicated, differences, notes }: Judgement,
): { readonly status: number; readonly lines: readonly string[] } {
  const more = differences.length - MAX_DIFFERENCES
  return {
    status: lost + duplicated + differences.length === 0 ? 0 : 1,
    lines: [
      ...notes,
      ...differences.slice(0, MAX_DIFFERENCES),
      ...(more > 0 ? [`… and ${more} more differences`] : []),
      `${name}: ${run.records} records, ${lost} lost, ${duplicated} duplicated, ${run.kills} kills`,
    ],
  }
}
