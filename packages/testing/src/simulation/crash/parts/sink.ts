import { type AppOptions, serdes, type Sink, type ToSinkOptions } from '@millrace/core'
import type { SeededRandom } from '../../../contract/seeded-random.ts'
import { memorySink } from '../../../sink/memory-sink.ts'
import { MemoryTarget } from '../../../sink/memory-target.ts'
import { compareSequences, difference } from '../run/checks.ts'
import type { Outcome } from '../run/outcome.ts'
import type { Difference, InputRecord, PartEnvironment, PartFactory } from './crash-part.ts'
import { listsByKey, append, numberedInputs, sequenceOf } from './inputs.ts'
import { planSink, SINK_OPERATIONS, sinkFaults, type SinkPlan } from './sink-plan.ts'

type Texts = ReadonlyMap<string, readonly string[]>

const TEXT = { key: serdes.string, value: serdes.string }
const APPLICATION_ID = 'app'

const isKept = (value: string): boolean => sequenceOf(value) % 5 !== 4
const twice = (value: string): string[] =>
  sequenceOf(value) % 3 === 0 ? [`${value}a`, `${value}b`] : [`${value}a`]
const isPoison = (value: string): boolean => /[27][ab]?$/.test(value)

/** The target of one part, and how its processes write to it. */
class SinkBed {
  readonly plan: SinkPlan
  readonly target: MemoryTarget<string, string>
  readonly name: string
  readonly deadLetters: string
  readonly #random: SeededRandom

  constructor(prefix: string, plan: SinkPlan, random: SeededRandom) {
    this.plan = plan
    this.name = `${prefix}-out`
    this.deadLetters = `${prefix}-dead`
    this.#random = random
    this.target = new MemoryTarget<string, string>({
      keeps: plan.isUpserted ? 'last-per-key' : 'each-record',
      transactionTimeoutMs: plan.transactionTimeoutMs,
      refuses: ({ value }) =>
        plan.hasPoison && isPoison(value) ? `no value ${value} here` : undefined,
    })
  }

  /** The consumer group. */
  get sinkId(): string {
    return `${APPLICATION_ID}-${this.name}`
  }

  sink({ process }: PartEnvironment): Sink<string, string> {
    const { tier, aligned, maxBatchesInFlight, trouble } = this.plan
    return memorySink({
      target: this.target,
      tier,
      alignedBatches: aligned,
      maxBatchesInFlight,
      ...(process && { faults: sinkFaults(trouble, this.#random, process) }),
    })
  }

  get options(): ToSinkOptions<string, string> {
    const { maxRecords, lingerMs, bufferMaxBytes, onRejected, hasBreaker } = this.plan
    return {
      ...TEXT,
      name: this.name,
      batch: { maxRecords, linger: lingerMs },
      bufferMaxBytes,
      retry: { initialBackoff: 20, maxBackoff: 1000 },
      circuitBreaker: hasBreaker && { failures: 3, openFor: 500 },
      onRejected,
      ...(onRejected === 'dead-letter' && { deadLetterTopic: this.deadLetters }),
    }
  }

  /** Each key has exactly these effects, in this order; those that are refused are dead letters. */
  check(outcome: Outcome, expected: Texts, maySkip: boolean): readonly Difference[] {
    const { hasPoison } = this.plan
    const taken = new Map(
      [...expected].flatMap(([key, values]) => {
        const kept = hasPoison ? values.filter((value) => !isPoison(value)) : values
        return kept.length === 0 ? [] : [[key, kept] as const]
      }),
    )
    if (this.plan.isUpserted) return [...this.#compareRows(outcome, taken), ...this.#foreign(taken)]
    return [
      ...compareSequences('target', taken, this.#effects(), { maySkip }),
      ...this.#foreign(taken),
      ...this.#misplaced(),
    ]
  }

  /** Every one of these is a dead letter at least once, and nothing else is. */
  checkDeadLetters(outcome: Outcome, refused: readonly string[]): readonly Difference[] {
    if (this.plan.onRejected !== 'dead-letter') return []
    const found = new Set(
      outcome
        .records(this.deadLetters)
        .map(({ value }) => (value === null ? '(null)' : Buffer.from(value).toString())),
    )
    const wanted = new Set(this.plan.hasPoison ? refused : [])
    const missing = [...wanted].filter((value) => !found.has(value))
    const extra = [...found].filter((value) => !wanted.has(value))
    if (missing.length + extra.length === 0) return []
    return [
      difference(
        `dead letters in ${this.deadLetters}`,
        `also ${JSON.stringify(missing)}`,
        `also ${JSON.stringify(extra)}`,
      ),
    ]
  }

  /** Zombies of a target that knows no fence may write what is old; without them, what is last is the last one. */
  #compareRows({ isWithoutZombies }: Outcome, taken: Texts): readonly Difference[] {
    const rows = new Map(this.target.records.map(({ key, value }) => [key, [value]]))
    const last = new Map([...taken].map(([key, values]) => [key, values.slice(-1)]))
    if (isWithoutZombies) return compareSequences('target', last, rows, {})
    const missing = [...last.keys()].filter((key) => !rows.has(key))
    return missing.map((key) => difference(`target, key ${key}`, 'a row', undefined))
  }

  #effects(): Texts {
    const byKey = new Map<string, string[]>()
    for (const { key, value } of this.target.effects) {
      byKey.set(key, [...(byKey.get(key) ?? []), value])
    }
    return byKey
  }

  /** Zombies are refused by their epoch; only the runtime's own fault gives a position that is not the target's. */
  #misplaced(): readonly Difference[] {
    const { misplacedBatches } = this.target
    if (misplacedBatches === 0) return []
    return [
      difference(
        'batches that begin elsewhere than at the position',
        '0',
        String(misplacedBatches),
      ),
    ]
  }

  #foreign(taken: Texts): readonly Difference[] {
    const wanted = new Set([...taken.values()].flat())
    const found = this.target.effects.find(({ value }) => !wanted.has(value))
    return found === undefined ? [] : [difference('target', 'no such value', found.value)]
  }
}

/** A stateless chain straight into a sink: of the input, or of a topic that the app writes. */
export const sink: PartFactory = ({ prefix, random, partitions, records }) => {
  const isChained = random.below(3) === 0
  const plan = planSink(random, !isChained)
  const through = random.pick(['auto', 'auto', 'internal-topic'] as const)
  const [input, middle] = [`${prefix}-in`, `${prefix}-middle`]
  const inputs = numberedInputs({ topic: input, random, records })
  const bed = new SinkBed(prefix, through === 'auto' ? plan : { ...plan, aligned: false }, random)
  const options = optionsOf(random)
  const isDirect = through === 'auto' && !isChained
  return {
    description: `sink ${through}${isChained ? ', of a topic of the app' : ''}, ${JSON.stringify(bed.plan)}, ${records} records`,
    topics: {
      [input]: partitions,
      [bed.deadLetters]: 2,
      ...(isChained && { [middle]: 1 + random.below(3) }),
    },
    inputs,
    operations: SINK_OPERATIONS,
    groups: [bed.sinkId],
    readBy: {
      [input]: isDirect ? (bed.plan.aligned ? [] : [bed.sinkId]) : [APPLICATION_ID],
      ...(isChained && { [middle]: through === 'auto' ? [bed.sinkId] : [APPLICATION_ID] }),
      ...(through === 'internal-topic' && { [`${bed.sinkId}-sink`]: [bed.sinkId] }),
    },
    options,
    addTo(builder, environment) {
      const stream = builder.stream(input, TEXT)
      if (isChained) stream.to(middle)
      const source = isChained ? builder.stream(middle, TEXT) : stream
      source
        .filter((_, value) => isKept(value))
        .flatMapValues(twice, { value: serdes.string })
        .toSink(bed.sink(environment), { ...bed.options, through })
    },
    isComplete: (outcome) => check(outcome).length === 0,
    check,
  }

  function check(outcome: Outcome): readonly Difference[] {
    const given = bed.plan.aligned ? completeOnly(outcome, input, bed.plan.maxRecords) : inputs
    const kept = given.filter(({ value }) => value !== null && isKept(value))
    const results = new Map<string, string[]>()
    for (const { key, value } of kept) {
      results.set(key, [...(results.get(key) ?? []), ...twice(value ?? '')])
    }
    const refused = kept.filter(({ value }) => twice(value ?? '').some(isPoison))
    const letters =
      through === 'auto'
        ? refused.map(({ value }) => value ?? '')
        : refused.flatMap(({ value }) => twice(value ?? '').filter(isPoison))
    return [...bed.check(outcome, results, false), ...bed.checkDeadLetters(outcome, letters)]
  }
}

/** Behind an aggregation: what is committed with the state is in the target, each change once. */
export const sinkAggregate: PartFactory = ({ prefix, random, partitions, records, isCached }) => {
  const input = `${prefix}-in`
  const inputs = numberedInputs({ topic: input, random, records })
  const bed = new SinkBed(prefix, { ...planSink(random), hasPoison: false }, random)
  const options = optionsOf(random)
  const lists = listsByKey(inputs)
  return {
    description: `sink of an aggregation, ${JSON.stringify(bed.plan)}, ${records} records`,
    topics: { [input]: partitions, [bed.deadLetters]: 2 },
    inputs,
    operations: SINK_OPERATIONS,
    groups: [bed.sinkId],
    readBy: { [input]: [APPLICATION_ID], [`${bed.sinkId}-sink`]: [bed.sinkId] },
    options,
    addTo(builder, environment) {
      builder
        .stream(input, TEXT)
        .groupByKey()
        .reduce(append, { store: `${prefix}-store` })
        .toStream()
        .toSink(bed.sink(environment), bed.options)
    },
    check: (outcome) => [
      ...bed.check(outcome, lists, isCached),
      ...bed.checkDeadLetters(outcome, []),
    ],
  }
}

/**
 * Sessions end while there are faults, so that a process which stands still is a zombie when it goes on; and closing
 * may take as long as a write to a target that is slow.
 */
function optionsOf(random: SeededRandom): Partial<AppOptions> {
  return {
    closeTimeout: 30_000,
    sessionTimeout: random.pick([1000, 2500, 6000]),
    heartbeatInterval: 300,
    // What a zombie goes on with is gone then.
    repartitionPurgeInterval: random.pick([300, 300, 30_000]),
  }
}

/** Of an aligned sink the last records of each partition wait for more. */
function completeOnly(outcome: Outcome, topic: string, maxRecords: number): readonly InputRecord[] {
  const given = outcome.records(topic)
  const ends = new Map(given.map(({ partition, offset }) => [partition, offset + 1]))
  return given
    .filter(({ partition, offset }) => {
      const end = ends.get(partition) ?? 0
      return offset < end - (end % maxRecords)
    })
    .map(({ key, value }) => ({
      topic,
      key,
      value: value === null ? null : Buffer.from(value).toString(),
      timestampMs: 0,
    }))
}
