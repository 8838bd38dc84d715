import type { StoreBuilder, Topology } from '@millrace/core'
import {
  bytesToMapKey,
  type ConsumedRecord,
  inMemory,
  internalNames,
  type TaskState,
} from '@millrace/core/internal'
import type { PartitionLog } from '../../kafka/partition-log.ts'
import type { SimulatedKafka } from '../../kafka/simulated-kafka.ts'
import { contentsOf, type StoreContents } from '../disk/disk-contents.ts'
import type { SimulatedDisk } from '../disk/simulated-disk.ts'
import type { Difference } from '../parts/crash-part.ts'
import type { Outcome, OutputRecord } from './outcome.ts'
import { makesZombies } from './fault.ts'
import type { RunState } from './progress.ts'
import { APPLICATION_ID, type OwnedState } from './world.ts'

export interface OracleInput extends RunState {
  /** State that was in use when the app was closed. */
  readonly owners: readonly OwnedState[]
}

/** Everything in which a run that is over differs from what its inputs demand. */
export async function findViolations(input: OracleInput): Promise<readonly Difference[]> {
  const { scenario, world } = input
  const { topology } = world
  const outcome = outcomeOf(input, topology)
  const stores = topology.subtopologies.flatMap((subtopology) => subtopology.stores)
  const ofParts: Difference[] = []
  for (const part of scenario.parts) ofParts.push(...(await part.check(outcome)))
  return [...ofParts, ...world.disks.flatMap((disk) => diskViolations(disk, stores, input))]
}

export function outcomeOf({ kafka, scenario }: RunState, topology: Topology): Outcome {
  const { changelogTopic } = internalNames(topology, APPLICATION_ID)
  return {
    isWithoutZombies: scenario.faults.every(({ fault }) => !makesZombies(fault)),
    records: (topic) => partitionsOf(kafka, topic).flatMap(outputsOf),
    changelog(store) {
      const entries = new Map<string, Uint8Array>()
      for (const log of partitionsOf(kafka, changelogTopic(store))) {
        for (const { key, value } of committed(log)) {
          const name = textOf(key)
          if (value === null) entries.delete(name)
          else entries.set(name, value)
        }
      }
      return entries
    },
  }
}

function outputsOf(log: PartitionLog): readonly OutputRecord[] {
  return committed(log).map(({ partition, offset, key, value }) => ({
    partition,
    offset,
    key: textOf(key),
    value,
  }))
}

/**
 * What a disk holds of a store is what its changelog came to at some offset, at or beyond the position
 * that it notes; of a store that was in use to the last, at the end.
 */
function diskViolations(
  disk: SimulatedDisk,
  stores: readonly StoreBuilder[],
  { kafka, owners, scenario, world }: OracleInput,
): readonly Difference[] {
  const { changelogTopic } = internalNames(world.topology, APPLICATION_ID)
  return disk.places.flatMap((place) => {
    if (disk.isCorrupt(place)) return []
    // A standby's copy may be behind to the last.
    const isActive = (scenario.options.numStandbyReplicas ?? 0) === 0
    const wasInUse =
      isActive && owners.some((owner) => owner.disk === disk && owner.place === place)
    const partition = Number(place.slice(place.lastIndexOf('_') + 1))
    return [...contentsOf(disk, place)].flatMap(([name, contents]) => {
      const builder = stores.find((one) => one.name === name)
      const topic = kafka.topics.get(changelogTopic(name))
      const log = topic?.partitions[partition]
      if (builder === undefined || log === undefined) return []
      const where = `${disk.name}, task ${place}, store ${name}`
      if (contents.position?.topicId !== topic?.topicId) return []
      return compare({ where, contents, log, builder, wasInUse })
    })
  })
}

type Entries = ReadonlyMap<string, string>

/** What a store comes to after each committed changelog record, with the offset after it. */
function* historyOf(
  log: PartitionLog,
  builder: StoreBuilder,
): Generator<{ readonly offset: number; readonly entries: () => Entries }> {
  const store = builder.name
  const state = inMemory().open({ taskId: '', stores: [store], directory: '' }) as TaskState // never asynchronous
  const committedEntries = state.entries(store)
  const entries = (): Entries => {
    const all = committedEntries.range({ from: undefined, to: undefined, reverse: false })
    return new Map([...all].map(([key, value]) => [bytesToMapKey(key), bytesToMapKey(value)]))
  }
  yield { offset: 0, entries }
  for (const record of committed(log)) {
    const restored = builder.changelog.restore([record], committedEntries)
    void state.apply([{ store, ...restored }], new Map())
    yield { offset: record.offset + 1, entries }
  }
}

interface Comparison {
  readonly where: string
  readonly contents: StoreContents
  readonly log: PartitionLog
  readonly builder: StoreBuilder
  readonly wasInUse: boolean
}

function compare({ where, contents, log, builder, wasInUse }: Comparison): readonly Difference[] {
  const from = wasInUse ? Infinity : (contents.position?.offset ?? 0)
  const live = liveSegments(log, builder)
  const actual = without(contents.entries, live)
  let nearest: Entries = new Map()
  for (const { offset, entries } of historyOf(log, builder)) {
    if (offset > from && isSame(without(entries(), live), actual)) return []
    if (offset <= from) nearest = without(entries(), live)
  }
  if (isSame(nearest, actual)) return []
  const position = contents.position?.offset ?? 'none'
  return [
    {
      where: `${where}, position ${position}`,
      expected: `as its changelog ${wasInUse ? 'at the end' : 'there or later'}: ${printed(nearest)}`,
      actual: printed(actual),
    },
  ]
}

/** The first byte of keys in stores by time; the number of their segment follows. */
const SEGMENTED = '\u0001'
const SEGMENT_LENGTH = 8

/** Segments that have entries in the end. */
function liveSegments(log: PartitionLog, builder: StoreBuilder): ReadonlySet<string> {
  let last: () => Entries = () => new Map()
  for (const { entries } of historyOf(log, builder)) last = entries
  return new Set([...last().keys()].map((key) => key.slice(0, SEGMENT_LENGTH)))
}

/** A segment that expired may be gone before the rest of its transaction is there: nobody reads it any more. */
function without(entries: Entries, live: ReadonlySet<string>): Entries {
  return new Map(
    [...entries].filter(
      ([key]) => !key.startsWith(SEGMENTED) || live.has(key.slice(0, SEGMENT_LENGTH)),
    ),
  )
}

/** The key of the entry with the numbers of a store: stream time(8), sequence(4), and more. */
const NUMBERS = '\u0000'
const SEQUENCE_FROM = 8
const SEQUENCE_TO = 12
/** What the numbers are that are not there. */
const NO_NUMBERS = '\u00ff'.repeat(8) + '\u0000'.repeat(4)

function isSame(expected: Entries, actual: Entries): boolean {
  const [others, actualOthers] = [withoutNumbers(expected), withoutNumbers(actual)]
  return (
    others.length === actualOthers.length &&
    others.every(([key, value]) => actual.get(key) === value) &&
    numbersFit(expected.get(NUMBERS) ?? NO_NUMBERS, actual.get(NUMBERS) ?? NO_NUMBERS)
  )
}

function withoutNumbers(entries: Entries): readonly (readonly [string, string])[] {
  return [...entries].filter(([key]) => key !== NUMBERS)
}

/** A sequence number that was given to what came and went within one transaction is in no changelog. */
function numbersFit(expected: string, actual: string): boolean {
  return (
    actual.slice(0, SEQUENCE_FROM) === expected.slice(0, SEQUENCE_FROM) &&
    actual.slice(SEQUENCE_TO) === expected.slice(SEQUENCE_TO) &&
    // Digits of the same length, compared as texts.
    actual.slice(SEQUENCE_FROM, SEQUENCE_TO) >= expected.slice(SEQUENCE_FROM, SEQUENCE_TO)
  )
}

function printed(entries: Entries = new Map()): string {
  return JSON.stringify(Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1))))
}

function partitionsOf(kafka: SimulatedKafka, topic: string): readonly PartitionLog[] {
  return kafka.topics.get(topic)?.partitions ?? []
}

function committed(log: PartitionLog): readonly ConsumedRecord[] {
  return log
    .everything()
    .filter(({ outcome }) => outcome === 'committed')
    .map(({ record }) => record)
}

function textOf(key: Uint8Array | null): string {
  return key === null ? '(null)' : Buffer.from(key).toString('utf8')
}
