import {
  type CallFate,
  type KafkaCall,
  type KafkaFaults,
  SeededFaults,
  type SeededFaultsOptions,
} from '../../kafka/kafka-faults.ts'
import type { KafkaFault } from './fault.ts'

/** A cluster that is healthy but for the faults that are injected. */
export class InjectedKafkaFaults implements KafkaFaults {
  readonly #healthy: SeededFaults
  readonly #nowMs: () => number
  /** Faults that last for a time, and until when. */
  #lasting: { readonly fault: KafkaFault; readonly untilMs: number; readonly process: string }[] =
    []
  /** Faults of the next call of an operation. */
  #next: (KafkaFault & { readonly kind: 'lost' })[] = []

  constructor(options: SeededFaultsOptions, nowMs: () => number) {
    this.#healthy = new SeededFaults(options)
    this.#nowMs = nowMs
  }

  /** Those that come from the network or the brokers' pace; `process` is the one that is struck, where it is one. */
  inject(fault: KafkaFault, process: string): void {
    if (fault.kind === 'rebalance' || fault.kind === 'brokers-away') return
    if (fault.kind === 'lost') this.#next.push(fault)
    else this.#lasting.push({ fault, process, untilMs: this.#nowMs() + fault.forMs })
  }

  /** Ends all faults. */
  heal(): void {
    this.#lasting = []
    this.#next = []
  }

  latencyMs(call: KafkaCall): number {
    const latencyMs = this.#healthy.latencyMs(call)
    const slow = this.#active('slow-network', call.process)
    const restores = call.operation === 'reader.poll' ? this.#active('slow-restores') : undefined
    return latencyMs + (slow?.latencyMs ?? 0) + (restores?.pollMs ?? 0)
  }

  fateOf(call: KafkaCall): CallFate {
    const at = this.#next.findIndex(({ operation }) => operation === call.operation)
    return this.#next.splice(at, at < 0 ? 0 : 1)[0]?.fate ?? 'ok'
  }

  markerDelayMs(): number {
    const slowMs = this.#active('slow-markers')?.markerMs ?? 0
    // Each marker has its own way: one may be there long before another of its transaction.
    return this.#healthy.markerDelayMs() + this.#healthy.choose(slowMs + 1)
  }

  blockRecords(): number {
    return this.#healthy.blockRecords()
  }

  pollRecords(call: KafkaCall): number {
    const isSlow = call.operation === 'reader.poll' && this.#active('slow-restores') !== undefined
    return isSlow ? 3 : this.#healthy.pollRecords(call)
  }

  choose(bound: number): number {
    return this.#healthy.choose(bound)
  }

  #active<K extends KafkaFault['kind']>(
    kind: K,
    of?: string,
  ): (KafkaFault & { readonly kind: K }) | undefined {
    for (const { fault, untilMs, process } of this.#lasting) {
      if (of !== undefined && of !== process) continue
      if (fault.kind === kind && this.#nowMs() < untilMs)
        return fault as KafkaFault & { readonly kind: K } // its kind was compared
    }
    return undefined
  }
}
