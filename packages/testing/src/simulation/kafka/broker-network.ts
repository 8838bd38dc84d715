import type { TopicPartition } from '@millrace/core/internal'
import type { SimulatedProcess } from '../time/simulated-process.ts'
import type { VirtualScheduler } from '../time/virtual-scheduler.ts'
import { type ErrorPlace, unavailable } from './broker-error.ts'
import type { KafkaCall, KafkaFaults, KafkaOperation } from './kafka-faults.ts'

/** A client: what it does stops with its process. */
export interface ClientIdentity {
  readonly process: SimulatedProcess
  readonly clientId: string
}

export interface CallRequest {
  readonly client: ClientIdentity
  readonly operation: KafkaOperation
  /** {@link ANY_BROKER}, or the one that leads the partition or coordinates the group or transaction. */
  readonly broker: number
  /** How long the client waits, and tries again by itself, before it tells its caller. */
  readonly timeoutMs: number
  readonly place: ErrorPlace
}

/** How a broker answers, at once or later. Only the first answer counts. */
export interface Answer<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

export const ANY_BROKER = -1

/** How soon a client looks again for a broker that is away. */
const RECONNECT_MS = 100

/** What the client repeats by itself until it is through: a lost answer only makes it late. */
const REPEATED: ReadonlySet<KafkaOperation> = new Set([
  'connect',
  'consumer.poll',
  'group.heartbeat',
  'group.join',
  'group.leave',
  'producer.produce',
  'reader.poll',
])

function isRepeated(operation: KafkaOperation): boolean {
  return REPEATED.has(operation)
}

/**
 * What is between clients and brokers: each call arrives after a while, finds its broker or waits for it,
 * takes effect, and its answer arrives after a while.
 *
 * A call of a process that is killed before it arrives has no effect; its answer is dropped if the
 * process is killed after that. Both are announced to the scheduler's hooks.
 */
export class BrokerNetwork {
  readonly scheduler: VirtualScheduler
  readonly faults: KafkaFaults
  readonly #awayUntilMs: number[]

  constructor(scheduler: VirtualScheduler, faults: KafkaFaults, brokers: number) {
    this.scheduler = scheduler
    this.faults = faults
    this.#awayUntilMs = Array.from({ length: brokers }, () => 0)
  }

  get brokers(): number {
    return this.#awayUntilMs.length
  }

  /** The broker that has the partition. */
  leaderOf({ topic, partition }: TopicPartition): number {
    return (hashOf(topic) + partition) % this.brokers
  }

  /** Of a group or a transactional id. */
  coordinatorOf(id: string): number {
    return hashOf(id) % this.brokers
  }

  /** Takes a broker away. */
  takeDown(broker: number, forMs: number): void {
    this.#awayUntilMs[broker] = this.scheduler.nowMs() + forMs
  }

  /** Ends the absence of a broker. */
  bringUp(broker: number): void {
    const nowMs = this.scheduler.nowMs()
    this.#awayUntilMs[broker] = Math.min(nowMs, this.#awayUntilMs[broker] ?? 0)
  }

  /** Until when the broker was, or is, away; 0 when it never was. */
  backSinceMs(broker: number): number {
    return this.#awayUntilMs[broker] ?? 0
  }

  /** 0 when the broker is there. */
  awayForMs(broker: number): number {
    const untilMs =
      broker === ANY_BROKER ? Math.min(...this.#awayUntilMs) : (this.#awayUntilMs[broker] ?? 0)
    return Math.max(0, untilMs - this.scheduler.nowMs())
  }

  /** Something that a broker does by itself after `delayMs`; when it is away then, once it is back. */
  onBroker(broker: number, delayMs: number, act: () => void): () => void {
    let cancel: () => void
    const attempt = (): void => {
      const awayMs = this.awayForMs(broker)
      if (awayMs === 0) act()
      else cancel = this.scheduler.setTimer(Math.min(awayMs, RECONNECT_MS), attempt)
    }
    cancel = this.scheduler.setTimer(delayMs, attempt)
    return () => {
      cancel()
    }
  }

  /** Rejects with `MR_BROKER_UNAVAILABLE` when there is no answer in time. */
  call<T>(request: CallRequest, effect: (answer: Answer<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.send(request, effect, { resolve, reject })
    })
  }

  /** As {@link call}, with callbacks. The function returned gives the call up: it may have taken effect. */
  send<T>(
    request: CallRequest,
    effect: (answer: Answer<T>) => void,
    receive: Answer<T>,
  ): () => void {
    const { client, operation } = request
    const { process } = client
    const call: KafkaCall = { operation, process: process.name, clientId: client.clientId }
    let isSettled = false
    let cancelTimeout: (() => void) | undefined
    const settle = (deliver: () => void): void => {
      if (isSettled) return
      isSettled = true
      cancelTimeout?.()
      deliver()
    }
    const giveUp = (): void => {
      settle(() => {
        receive.reject(unavailable(request.place))
      })
    }
    const startTimeout = (): void => {
      if (request.timeoutMs === Infinity || isSettled) return
      cancelTimeout ??= process.setTimer(request.timeoutMs, giveUp)
    }
    const answer = this.#answerOver(call, process, { settle, receive })
    const arrive = (): void => {
      if (isSettled) return
      startTimeout()
      const awayMs = this.awayForMs(request.broker)
      if (awayMs > 0) {
        process.request(Math.min(awayMs, RECONNECT_MS), operation, arrive)
        return
      }
      this.#takeEffect(call, effect, { answer, place: request.place })
    }
    process.request(this.faults.latencyMs(call), operation, arrive)
    return () => {
      settle(() => undefined)
    }
  }

  #answerOver<T>(
    call: KafkaCall,
    process: SimulatedProcess,
    to: { readonly settle: (deliver: () => void) => void; readonly receive: Answer<T> },
  ): Answer<T> {
    const deliver = (act: () => void): void => {
      process.complete(this.faults.latencyMs(call), call.operation, () => {
        to.settle(act)
      })
    }
    return {
      resolve: (value) => {
        deliver(() => {
          to.receive.resolve(value)
        })
      },
      reject: (error) => {
        deliver(() => {
          to.receive.reject(error)
        })
      },
    }
  }

  #takeEffect<T>(
    call: KafkaCall,
    effect: (answer: Answer<T>) => void,
    { answer, place }: { readonly answer: Answer<T>; readonly place: ErrorPlace },
  ): void {
    const fate = isRepeated(call.operation) ? 'ok' : this.faults.fateOf(call)
    if (fate === 'refused') {
      answer.reject(unavailable(place))
      return
    }
    if (fate === 'ok') {
      effect(answer)
      return
    }
    effect({
      resolve: () => {
        answer.reject(unavailable(place))
      },
      reject: (error) => {
        answer.reject(error)
      },
    })
  }
}

function hashOf(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash >>> 0
}
