import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  StreamRecord,
} from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { grownNumbers, sameSequences, sameStore, TEXT } from '../run/checks.ts'
import type { InputRecord, PartEnvironment, PartFactory } from './crash-part.ts'
import { append, lastOf, listsByKey, numberedInputs, sequenceOf } from './inputs.ts'

interface Behaviour {
  readonly isAsync: boolean
  readonly asksForCommits: boolean
  readonly failsSome: boolean
  readonly ticks: boolean
}

const BUCKET_MS = 1000

const isPoison = (value: string, { failsSome }: Behaviour): boolean =>
  failsSome && sequenceOf(value) % 6 === 5

/**
 * A processor of the user: a store, punctuators of both kinds, asynchronous work, commits on demand,
 * and records on which it fails after it wrote and forwarded, of which nothing may stay.
 */
export const processor: PartFactory = ({ prefix, random, partitions, records }) => {
  const behaviour: Behaviour = {
    isAsync: random.below(3) === 0,
    asksForCommits: random.below(3) === 0,
    failsSome: random.below(2) === 0,
    ticks: random.below(2) === 0,
  }
  const names = [`${prefix}-in`, `${prefix}-out`, `${prefix}-buckets`, `${prefix}-ticks`] as const
  const [input, output, buckets, ticks] = names
  const storeName = `${prefix}-lists`
  const inputs = numberedInputs({ topic: input, random, records })
  const good = inputs.filter(({ value }) => value !== null && !isPoison(value, behaviour))
  const lists = timedLists(inputs, partitions, behaviour)
  return {
    description: `processor ${JSON.stringify(behaviour)}, ${records} records`,
    topics: { [input]: partitions, [output]: 2, [buckets]: 1, [ticks]: 1 },
    inputs,
    ...(behaviour.failsSome ? { options: { processingExceptionHandler: 'continue' } } : {}),
    addTo(builder, environment) {
      const string = { key: serdes.string, value: serdes.string }
      const branches = builder
        .stream(input, string)
        .process(() => new Lister(storeName, behaviour, environment), {
          ...string,
          stores: [stores.keyValue(storeName, string)],
        })
        .split()
        .branch('buckets', (key) => key.startsWith('bucket'))
        .branch('ticks', (key) => key.startsWith('tick'))
        .default('lists')
      branches.lists.to(output)
      branches.buckets.to(buckets)
      branches.ticks.to(ticks)
    },
    check: (outcome) => [
      ...sameSequences(outcome, output, lists),
      ...sameSequences(outcome, buckets, bucketsOf(inputs, partitions, behaviour)),
      ...grownNumbers(outcome, ticks),
      ...sameStore(outcome, storeName, lastOf(listsByKey(good)), {
        value: TEXT,
        isIgnored: (key) => key.startsWith('~'),
      }),
    ],
  }
}

/** The list of each key after each of its records, with the stream time of the task then. */
function timedLists(
  inputs: readonly InputRecord[],
  partitions: number,
  behaviour: Behaviour,
): ReadonlyMap<string, readonly string[]> {
  const told = new Map<string, string[]>()
  const lists = new Map<string, string>()
  const times = new Map<number, number>()
  for (const { key, value, timestampMs } of inputs) {
    const partition = partitionForKey(Buffer.from(key), partitions)
    const timeMs = Math.max(times.get(partition) ?? 0, timestampMs)
    times.set(partition, timeMs)
    if (value === null || isPoison(value, behaviour)) continue
    const list = append(lists.get(key) ?? '', value)
    lists.set(key, list)
    told.set(key, [...(told.get(key) ?? []), `${list} @${timeMs}`])
  }
  return told
}

/** What the stream-time punctuator tells of each partition: the first record of a second, and how many came until then. */
function bucketsOf(
  inputs: readonly InputRecord[],
  partitions: number,
  behaviour: Behaviour,
): ReadonlyMap<string, readonly string[]> {
  const told = new Map<string, string[]>()
  const counts = new Map<string, number>()
  const times = new Map<string, number>()
  for (const { key, value, timestampMs } of inputs) {
    if (value === null) continue
    const name = `bucket${partitionForKey(Buffer.from(key), partitions)}`
    const before = Math.floor((times.get(name) ?? 0) / BUCKET_MS)
    times.set(name, Math.max(times.get(name) ?? 0, timestampMs))
    if (!isPoison(value, behaviour)) counts.set(name, (counts.get(name) ?? 0) + 1)
    const bucket = Math.floor((times.get(name) ?? 0) / BUCKET_MS)
    if (bucket > before)
      told.set(name, [...(told.get(name) ?? []), `${bucket} ${counts.get(name) ?? 0}`])
  }
  return told
}

type Lists = KeyValueStore<string, string>
type Context = ProcessorContext<string, string>

function numberIn(lists: Lists, name: string): number {
  return Number(lists.get(name) ?? 0)
}

class Lister implements Processor<string, string, string, string> {
  readonly #store: string
  readonly #behaviour: Behaviour
  readonly #environment: PartEnvironment
  #lists!: Lists // set by init
  /** In memory, where only a new processor after an abort makes it right again. */
  #count = 0

  constructor(store: string, behaviour: Behaviour, environment: PartEnvironment) {
    this.#store = store
    this.#behaviour = behaviour
    this.#environment = environment
  }

  init(context: Context): void {
    this.#lists = context.getStateStore(this.#store) as Lists // as it was connected
    this.#count = numberIn(this.#lists, '~count')
    context.schedule(BUCKET_MS, 'stream-time', (timeMs) => this.#tellBucket(timeMs, context))
    if (!this.#behaviour.ticks) return
    context.schedule(400, 'wall-clock-time', (timeMs) => this.#tick(timeMs, context))
  }

  process(record: StreamRecord<string, string>, context: Context): Promise<void> | void {
    const { key, value } = record
    const { isAsync, asksForCommits, failsSome } = this.#behaviour
    const list = append(this.#lists.get(key) ?? '', value)
    this.#lists.put(key, list)
    // A field is not taken back with a record that is dropped.
    this.#count = failsSome ? numberIn(this.#lists, '~count') + 1 : this.#count + 1
    this.#lists.put('~count', String(this.#count))
    if (asksForCommits && sequenceOf(value) % 4 === 0) context.commit()
    const result = record.withValue(`${list} @${context.currentStreamTimeMs}`)
    if (isAsync && sequenceOf(value) % 2 === 0) return this.#finishLater(value, result, context)
    void context.forward(result)
    this.#failOn(value)
  }

  async #finishLater(
    value: string,
    result: StreamRecord<string, string>,
    context: Context,
  ): Promise<void> {
    await this.#environment.sleep(sequenceOf(value) % 3)
    await context.forward(result)
    this.#failOn(value)
  }

  #failOn(value: string): void {
    if (isPoison(value, this.#behaviour)) throw new RangeError(`poisoned: ${value}`)
  }

  /** Punctuators begin anew after a restart: the store says what was told already. */
  async #tellBucket(timeMs: number, context: Context): Promise<void> {
    const bucket = Math.floor(timeMs / BUCKET_MS)
    if (bucket <= numberIn(this.#lists, '~bucket')) return
    this.#lists.put('~bucket', String(bucket))
    const value = `${bucket} ${numberIn(this.#lists, '~count')}`
    await context.forward(new StreamRecord(`bucket${context.partition}`, value, timeMs))
  }

  async #tick(timeMs: number, context: Context): Promise<void> {
    const seen = numberIn(this.#lists, '~count')
    if (seen <= numberIn(this.#lists, '~tick')) return
    this.#lists.put('~tick', String(seen))
    await context.forward(new StreamRecord(`tick${context.partition}`, String(seen), timeMs))
  }
}
