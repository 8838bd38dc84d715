import type {
  Sink,
  SinkBatch,
  SinkCapabilities,
  SinkContext,
  SinkRecord,
  SinkWriter,
} from '@millrace/core'
import { createAuthorizer } from './auth/create-authorizer.ts'
import { type BatchDeliveryParts, deliverBatches, type PartOfBatch } from './batch-delivery.ts'
import { Circuits } from './circuits.ts'
import { Delivery } from './delivery.ts'
import { type HttpSinkConfig, resolveHttpSink, throwProblems } from './http-sink-config.ts'
import type {
  HttpBatchSinkOptions,
  HttpRecordSinkOptions,
  HttpSinkOptions,
} from './http-sink-options.ts'
import { type DeliverBatch, HttpWriter } from './http-writer.ts'
import { deliverRecords } from './record-delivery.ts'
import { Redactor } from './redactor.ts'
import { bodyOfBatch, bodyOfRecord, typeOfRecord } from './request/default-bodies.ts'
import { batchKey, recordKey } from './request/idempotency-key.ts'
import { JSON_TYPE, planRequests, type RequestPlan } from './request/request-plan.ts'
import { Slots } from './slots.ts'
import { TokenBucket } from './token-bucket.ts'
import { connectionError, Transport } from './transport.ts'

/**
 * Records of a partition that are under way or done behind one that is slow: so many may be sent again after a
 * crash, and so far the other keys get ahead. Small batches, since only the end of one is a place to go on from.
 */
const RECORDS_A_BATCH = 100
const RECORD_BATCHES_IN_FLIGHT = 16

/** Requests of a partition that are under way together, where the order allows it and each is a batch. */
const BATCHES_IN_FLIGHT = 4

/** Places of templates. */
const RECORD_PLACES = [
  ...['key', 'value', 'topic', 'partition', 'offset', 'index', 'timestampMs', 'headers'],
]
const BATCH_PLACES = ['topic', 'partition', 'firstOffset', 'lastOffset']

/** What there is while a sink is open. */
interface OpenSink {
  readonly context: SinkContext
  readonly delivery: Delivery
  readonly transport: Transport
  readonly circuits: Circuits | undefined
  readonly prepare: () => Promise<void>
  readonly closing: AbortController
  readonly writers: Set<{ readonly close: () => Promise<void> }>
}

/** What differs between records and batches. */
interface Kind<K, V> {
  readonly capabilities: SinkCapabilities
  readonly origin: string | undefined
  readonly hasKey: boolean
  readonly deliverer: (delivery: Delivery) => DeliverBatch<K, V>
}

/**
 * Sends records to an HTTP endpoint, each at least once and with an idempotency key that is the same for ever:
 * a receiver that honours the key has each effect once.
 *
 * A record is acknowledged when the endpoint has answered 2xx, or when it was rejected and its dead letter is
 * written. What may pass is tried again, with the order of each key kept. Statuses and what they mean are in
 * the README. Written for `toSink`.
 *
 * @throws MillraceError `MR_CONFIG` that lists all problems of the options.
 */
export function httpSink<K, V>(options: HttpRecordSinkOptions<K, V>): Sink<K, V>
/** As above, with one request for each batch. */
// eslint-disable-next-line @typescript-eslint/unified-signatures -- of a union the compiler does not know what functions get
export function httpSink<K, V>(options: HttpBatchSinkOptions<K, V>): Sink<K, V>
export function httpSink<K, V>(options: HttpSinkOptions<K, V>): Sink<K, V> {
  const problems: string[] = []
  const config = resolveHttpSink(options, problems)
  const kind =
    options.batch === undefined
      ? recordKind(options, problems)
      : batchKind(options, options.batch.maxRecords, problems)
  throwProblems(problems)
  return new HttpSink(kind, config, options.classify)
}

function recordKind<K, V>(options: HttpRecordSinkOptions<K, V>, problems: string[]): Kind<K, V> {
  const { order = 'key', onTombstone = 'fail', onResponse, responseTopic } = options
  if (!['partition', 'key', 'none'].includes(order)) {
    problems.push("order must be 'partition', 'key' or 'none'")
  }
  if (!['fail', 'send', 'ignore', 'delete'].includes(onTombstone)) {
    problems.push("onTombstone must be 'fail', 'send', 'ignore' or 'delete'")
  }
  if ((onResponse === undefined) !== (responseTopic === undefined)) {
    problems.push('onResponse and responseTopic go together')
  }
  const defaults = {
    roots: RECORD_PLACES,
    body: bodyOfRecord,
    textType: typeOfRecord,
    key: (record: SinkRecord<K, V>, sinkId: string) => recordKey(sinkId, record),
  }
  const plan: RequestPlan<SinkRecord<K, V>> = planRequests(options, defaults, problems)
  return {
    capabilities: {
      tier: 'at-least-once',
      proposedMaxRecords: RECORDS_A_BATCH,
      maxBatchesInFlight: order === 'partition' ? 1 : RECORD_BATCHES_IN_FLIGHT,
      ...(responseTopic === undefined ? {} : { emitsTo: [responseTopic] }),
    },
    origin: plan.origin,
    hasKey: plan.hasKey,
    deliverer: (delivery) => deliverRecords({ delivery, plan, options }),
  }
}

function batchKind<K, V>(
  options: HttpBatchSinkOptions<K, V>,
  maxRecords: number,
  problems: string[],
): Kind<K, V> {
  const { order = 'partition', onTombstone = 'fail' } = options
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) {
    problems.push('batch.maxRecords must be a whole number above 0')
  }
  if (!['partition', 'none'].includes(order)) {
    problems.push("order must be 'partition' or 'none' for batches")
  }
  if (!['fail', 'send', 'ignore'].includes(onTombstone)) {
    problems.push("onTombstone must be 'fail', 'send' or 'ignore' for batches")
  }
  const defaults = {
    roots: BATCH_PLACES,
    body: bodyOfBatch,
    textType: () => JSON_TYPE,
    key: (batch: PartOfBatch<K, V>, sinkId: string) => {
      const key = batchKey(sinkId, batch)
      return batch.gaps === undefined ? key : `${key}/${batch.gaps}`
    },
  }
  const plan: RequestPlan<SinkBatch<K, V>> = planRequests(options, defaults, problems)
  const parts: Omit<BatchDeliveryParts<K, V>, 'delivery'> = { plan, options }
  return {
    capabilities: {
      tier: 'at-least-once',
      alignedBatches: true,
      proposedMaxRecords: maxRecords,
      maxBatchesInFlight: order === 'partition' ? 1 : BATCHES_IN_FLIGHT,
    },
    origin: plan.origin,
    hasKey: plan.hasKey,
    deliverer: (delivery) => deliverBatches({ ...parts, delivery }),
  }
}

class HttpSink<K, V> implements Sink<K, V> {
  readonly kind = 'http'
  readonly capabilities: SinkCapabilities
  readonly #kind: Kind<K, V>
  readonly #config: HttpSinkConfig
  readonly #classify: HttpSinkOptions<K, V>['classify']
  #open: OpenSink | undefined

  constructor(
    kind: Kind<K, V>,
    config: HttpSinkConfig,
    classify: HttpSinkOptions<K, V>['classify'],
  ) {
    this.capabilities = Object.freeze(kind.capabilities)
    this.#kind = kind
    this.#config = config
    this.#classify = classify
  }

  /** Connects to the target, where it is one, and gets a token, where one is needed. */
  async open(context: SinkContext): Promise<void> {
    this.#open ??= this.#assemble(context)
    const { transport, prepare, closing } = this.#open
    const { origin } = this.#kind
    if (origin !== undefined) {
      try {
        await transport.connect(origin, closing.signal)
      } catch (error) {
        throw connectionError(error, origin, {})
      }
    }
    await prepare()
  }

  /** There is nothing to take over: the target keeps no position, and keys make up for a zombie. */
  claim(): Promise<SinkWriter<K, V>> {
    const open = this.#open
    if (open === undefined) throw new TypeError('claim() before open()')
    const deliver = this.#kind.deliverer(open.delivery)
    const writer = new HttpWriter(deliver, () => open.writers.delete(writer))
    open.writers.add(writer)
    return Promise.resolve(writer)
  }

  async close(): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    open.closing.abort()
    await Promise.all([...open.writers].map((writer) => writer.close()))
    open.circuits?.close()
    await open.transport.close()
  }

  #assemble(context: SinkContext): OpenSink {
    const config = this.#config
    const { scheduler, logger } = context
    const closing = new AbortController()
    const redactor = new Redactor(config.secrets)
    const transport = new Transport(config.transport, scheduler)
    const authorizer = createAuthorizer(config.auth, {
      ...{ transport, redactor, clock: scheduler, closed: closing.signal },
    })
    const { rateLimit, circuitBreaker } = config
    const circuits =
      circuitBreaker === undefined ? undefined : new Circuits(circuitBreaker, scheduler, logger)
    const delivery = new Delivery({
      ...{ config, context, transport, authorizer, redactor, circuits },
      hasKey: this.#kind.hasKey,
      classify: this.#classify,
      slots: new Slots(config.maxInFlight),
      bucket: rateLimit === undefined ? undefined : new TokenBucket(rateLimit, scheduler),
    })
    const prepare = async (): Promise<void> => {
      await authorizer.prepare?.()
    }
    return { context, delivery, transport, circuits, prepare, closing, writers: new Set() }
  }
}
