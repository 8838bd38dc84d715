import type { SeededRandom } from '../../../contract/seeded-random.ts'
import { aggregate } from './aggregate.ts'
import { beyondStreams } from './beyond-streams.ts'
import type { CrashPart, PartFactory } from './crash-part.ts'
import { globalTable } from './global-table.ts'
import { foreignKeyJoin } from './foreign-key-join.ts'
import { idleWindows } from './idle-windows.ts'
import { lookup } from './lookup.ts'
import { processor } from './processor.ts'
import { repartition } from './repartition.ts'
import { sessionStore } from './session-store.ts'
import { sink, sinkAggregate } from './sink.ts'
import { stateless } from './stateless.ts'
import { streamJoin } from './stream-join.ts'
import { table } from './table.ts'
import { tableJoin } from './table-join.ts'
import { tableTtl } from './table-ttl.ts'
import { versionedStore } from './versioned-store.ts'
import { windowStore } from './window-store.ts'
import { finals, windowed } from './windowed.ts'

/**
 * The kinds of topology that runs are made of. An operator that is new gets a part here: joins,
 * suppression, foreign keys.
 */
export const PARTS: Readonly<Record<string, PartFactory>> = {
  stateless,
  aggregate,
  repartition,
  table,
  processor,
  window: windowStore,
  session: sessionStore,
  versioned: versionedStore,
  lookup,
  global: globalTable,
  'table-join': tableJoin,
  ttl: tableTtl,
  'foreign-key-join': foreignKeyJoin,
  'stream-join': streamJoin,
  beyond: beyondStreams,
  windowed,
  finals,
  idle: idleWindows,
}

/**
 * Parts with sinks outside Kafka. Apart, because the seeds of the others are to stay what they were: one in some
 * seeds has such a part beside.
 */
export const SINK_PARTS: Readonly<Record<string, PartFactory>> = {
  sink,
  'sink-aggregate': sinkAggregate,
}

export interface PartsOptions {
  readonly random: SeededRandom
  /** Decides over parts with sinks. */
  readonly sinkRandom: SeededRandom
  /** A name in {@link PARTS} or {@link SINK_PARTS}; undefined: one or several by the seed. */
  readonly topology: string | undefined
  readonly isCached: boolean
}

const MOST_RECORDS = 120
/** Seeds that have a part with a sink beside the others. */
const ONE_IN = 6

/** @throws TypeError for a name that there is not */
export function choosePart(name: string): PartFactory {
  const factory = PARTS[name] ?? SINK_PARTS[name]
  if (factory !== undefined) return factory
  throw new TypeError(
    `no topology ${name}; there are ${[...Object.keys(PARTS), ...Object.keys(SINK_PARTS)].join(', ')}`,
  )
}

/** What one app of a run consists of: mostly one part, sometimes several beside each other. */
export function chooseParts(options: PartsOptions): readonly CrashPart[] {
  const { random, topology, isCached } = options
  const names = Object.keys(PARTS)
  const count = topology !== undefined || random.below(4) > 0 ? 1 : 2 + random.below(2)
  const parts = Array.from({ length: count }, (_, index) => {
    const name = topology ?? names[random.below(names.length)] ?? 'stateless'
    return createPart(name, index, { random, isCached, records: MOST_RECORDS / count })
  })
  return topology === undefined ? [...parts, ...chooseSinkParts(options)] : parts
}

function chooseSinkParts({ sinkRandom: random, isCached }: PartsOptions): readonly CrashPart[] {
  if (random.below(ONE_IN) > 0) return []
  const names = Object.keys(SINK_PARTS)
  const name = names[random.below(names.length)] ?? 'sink'
  return [createPart(name, 9, { random, isCached, records: MOST_RECORDS / 2 })]
}

function createPart(
  name: string,
  index: number,
  { random, isCached, records }: { random: SeededRandom; isCached: boolean; records: number },
): CrashPart {
  return choosePart(name)({
    prefix: `${name}${index}`,
    random,
    partitions: 1 + random.below(4),
    records: 10 + random.below(records),
    isCached,
  })
}
