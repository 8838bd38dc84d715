import type { Awaitable } from '../base/awaitable.ts'
import { NO_HEADERS, type Headers } from '../record/headers.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import { StreamRecord } from '../record/stream-record.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { TransactionBuffer } from '../state/transaction-buffer.ts'
import type { OperatorContext, OperatorTime } from './operator-context.ts'
import type { Cancellable, DropReason, ProcessorContext, ProcessorSupplier } from './processor.ts'

/** A record with a timestamp that a test need not care for. */
export function record<K, V>(
  key: K,
  value: V,
  timestampMs = 7,
  headers: Headers = NO_HEADERS,
): StreamRecord<K, V> {
  return new StreamRecord(key, value, timestampMs, headers)
}

/** What one supplier forwards for these records, in order. */
export async function collect<K, V, KR, VR>(
  supplier: ProcessorSupplier<K, V, KR, VR>,
  inputs: readonly StreamRecord<K, V>[],
  options: CollectOptions = {},
): Promise<readonly StreamRecord<KR, VR>[]> {
  const { context } = await runProcessor(supplier, inputs, options)
  return context.forwarded
}

export interface CollectOptions {
  readonly stores?: readonly StoreBuilder[]
  /** Makes `forward` give a promise, as an asynchronous processor downstream does. */
  readonly isAsync?: boolean
  /** @defaultValue 0 */
  readonly emitIntervalMs?: number
}

/** The same, with everything else that the processor did. */
export async function runProcessor<K, V, KR, VR>(
  supplier: ProcessorSupplier<K, V, KR, VR>,
  inputs: readonly StreamRecord<K, V>[],
  options: CollectOptions = {},
): Promise<{ readonly context: CollectingContext<KR, VR> }> {
  const context = new CollectingContext<KR, VR>(options)
  const processor = supplier()
  await processor.init?.(context)
  for (const input of inputs) {
    context.currentStreamTimeMs = Math.max(context.currentStreamTimeMs, input.timestampMs)
    await processor.process(input, context)
  }
  await processor.close?.()
  return { context }
}

/** Keeps what is forwarded; its stores are real ones, over memory. */
export class CollectingContext<K, V> implements ProcessorContext<K, V>, OperatorContext {
  readonly applicationId = 'app'
  readonly taskId = '0_0'
  readonly partition = 0
  readonly nodeName = 'operator'
  readonly recordMetadata: RecordMetadata = { topic: 'in', partition: 0, offset: 0 }
  currentSystemTimeMs = 0
  readonly emitIntervalMs: number
  currentStreamTimeMs = -1

  readonly forwarded: StreamRecord<K, V>[] = []
  readonly children: (string | undefined)[] = []
  /** Of the records that were released, where each came from. */
  readonly origins: (RecordMetadata | undefined)[] = []
  readonly dropped: DropReason[] = []
  /** How many records are on their way downstream; more than one is an error of the operator. */
  mostInFlight = 0
  #inFlight = 0
  readonly #isAsync: boolean
  readonly #times = new Map<string, OperatorTime>()
  readonly #stores: ReadonlyMap<string, StateStore>

  constructor({ stores = [], isAsync = false, emitIntervalMs = 0 }: CollectOptions) {
    this.emitIntervalMs = emitIntervalMs
    this.#isAsync = isAsync
    this.#stores = openStores(stores, () => this.currentStreamTimeMs)
  }

  getStateStore<S extends StateStore>(store: StoreBuilder<S>): S
  getStateStore(name: string): StateStore
  getStateStore(store: StoreBuilder | string): StateStore {
    const found = this.#stores.get(typeof store === 'string' ? store : store.name)
    if (found === undefined) throw new TypeError('no such store')
    return found
  }

  operatorTime(name: string): OperatorTime {
    const time = this.#times.get(name) ?? { ms: -1 }
    this.#times.set(name, time)
    return time
  }

  forward(forwarded: StreamRecord<K, V>, child?: string): Awaitable<void> {
    this.forwarded.push(forwarded)
    this.children.push(child)
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight)
    if (this.#isAsync) {
      return Promise.resolve().then(() => {
        this.#inFlight--
      })
    }
    this.#inFlight--
  }

  forwardFrom(origin: RecordMetadata | undefined, forwarded: StreamRecord<K, V>): Awaitable<void> {
    this.origins.push(origin)
    return this.forward(forwarded)
  }

  recordDropped(reason: DropReason): void {
    this.dropped.push(reason)
  }

  commit(): void {
    throw new TypeError('not in this test')
  }

  schedule(): Cancellable {
    throw new TypeError('not in this test')
  }
}

export function openStores(
  builders: readonly StoreBuilder[],
  currentTimestampMs: () => number,
): ReadonlyMap<string, StateStore> {
  const names = builders.map(({ name }) => name)
  const state = inMemory().open({ taskId: '0_0', stores: names, directory: '' })
  if ('then' in state) throw new TypeError('memory opens at once')
  return new Map(
    builders.map((builder) => {
      const buffer = new TransactionBuffer(builder.name, state.entries(builder.name))
      const changelogTopic = `app-${builder.name}-changelog`
      return [builder.name, builder.build({ buffer, changelogTopic, currentTimestampMs })]
    }),
  )
}
