import type { Sink } from '@millrace/core'
import { MemorySink, memorySink, type MemorySinkOptions } from '../sink/memory-sink.ts'
import type { MemorySinkCall, MemorySinkFault, SinkStep } from '../sink/memory-sink-faults.ts'
import { MemoryTarget } from '../sink/memory-target.ts'
import type { SinkHarness, SinkInterruption } from './sink-under-test.ts'

type Key = string | null

interface Value {
  readonly isPoison: boolean
}

/** What of the memory sink a variant changes. */
export interface MemoryHarnessOptions extends Pick<
  MemorySinkOptions<Key, Value>,
  'tier' | 'alignedBatches' | 'maxBatchesInFlight' | 'emitsTo'
> {
  readonly keeps?: 'each-record' | 'last-per-key'
  /** @defaultValue the sink as it is */
  readonly wrap?: (sink: MemorySink<Key, Value>) => Sink<Key, Value>
}

interface Armed {
  readonly step: SinkStep
  readonly fault: MemorySinkFault
  readonly markReached: () => void
}

/** The faults of one sink: those that a test arms, each for the next write. */
class ArmedFaults {
  readonly #armed: Armed[] = []

  arm(step: SinkStep, how: 'cut' | 'stall'): SinkInterruption {
    let markReached: () => void = () => undefined
    const reached = new Promise<void>((resolve) => (markReached = resolve))
    let resume: () => void = () => undefined
    const until = new Promise<void>((resolve) => (resume = resolve))
    this.#armed.push({ step, fault: how === 'cut' ? { isCut: true } : { until }, markReached })
    return { reached, resume }
  }

  /** Every other step takes a little, so that a kill may come in between. */
  at({ operation, step }: MemorySinkCall): MemorySinkFault {
    const plain = { delayMs: 1 }
    if (operation !== 'write') return plain
    const index = this.#armed.findIndex((armed) => armed.step === step)
    const [armed] = index === -1 ? [] : this.#armed.splice(index, 1)
    armed?.markReached()
    return armed?.fault ?? plain
  }
}

/** The memory sink as the suite runs it. */
export function memoryHarness(options: MemoryHarnessOptions = {}): SinkHarness<Key, Value> {
  const { keeps = 'each-record', wrap = (sink: MemorySink<Key, Value>): Sink<Key, Value> => sink } =
    options
  const { tier, alignedBatches, maxBatchesInFlight, emitsTo } = options
  const sinkOptions = {
    ...(tier && { tier }),
    ...(emitsTo !== undefined && { emitsTo }),
    ...(alignedBatches !== undefined && { alignedBatches }),
    ...(maxBatchesInFlight !== undefined && { maxBatchesInFlight }),
  }
  return {
    capabilities: memorySink(sinkOptions).capabilities,
    keeps,
    tellsOrder: true,
    steps: ['before-write', 'before-commit', 'after-commit'],
    hasPoison: true,
    canStop: true,
    nullKey: 'written',
    tombstone: keeps === 'last-per-key' ? 'deletes' : 'written',
    noticesWithinMs: 2000,
    timeoutMs: 20_000,
    open() {
      const target = new MemoryTarget<Key, Value>({
        keeps,
        refuses: ({ value }) =>
          (value as Value | null)?.isPoison === true ? 'this value is refused' : undefined,
      })
      const memory = new Map<Sink<Key, Value>, MemorySink<Key, Value>>()
      const faults = new Map<Sink<Key, Value>, ArmedFaults>()
      return {
        createSink() {
          const armed = new ArmedFaults()
          const sink = memorySink({ ...sinkOptions, target, faults: (call) => armed.at(call) })
          const wrapped = wrap(sink)
          memory.set(wrapped, sink)
          faults.set(wrapped, armed)
          return wrapped
        },
        record: ({ key }) => ({ key, value: { isPoison: false } }),
        poison: ({ key }) => ({ key, value: { isPoison: true } }),
        contents: () => Promise.resolve(target.records),
        kill(sink) {
          memory.get(sink)?.kill()
        },
        interrupt(sink, step, how) {
          return (faults.get(sink) ?? new ArmedFaults()).arm(step, how)
        },
        stopTarget() {
          target.isUp = false
        },
        startTarget() {
          target.isUp = true
        },
      }
    },
  }
}
