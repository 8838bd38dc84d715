import { type Awaitable, isPromiseLike } from '../base/awaitable.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Processor } from '../processor/processor.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { ProcessorNode } from '../topology/topology-node.ts'
import type { NodeContext } from './node-context.ts'
import type { Node } from './node.ts'
import { processingError } from './processing-error.ts'
import type { TaskScope } from './task-scope.ts'

/**
 * One processor of one task.
 *
 * Semantics: one record at a time, in the order of the calls. A processor upstream that does not wait
 * for its `forward` may call again while this one is busy with a promise: the record then queues
 * behind it, and the task waits for all of it, so no record overtakes another and none is lost.
 */
export class ProcessorNodeInstance implements Node {
  readonly name: string
  readonly #processor: Processor<unknown, unknown, unknown, unknown>
  readonly #context: NodeContext
  readonly #scope: TaskScope
  /** Settles when the last record given to an asynchronous processor is done; undefined when idle. */
  #tail: Promise<void> | undefined

  constructor(node: ProcessorNode, context: NodeContext, scope: TaskScope) {
    this.name = node.name
    this.#processor = newProcessor(node)
    this.#context = context
    this.#scope = scope
  }

  async init(): Promise<void> {
    try {
      await this.#processor.init?.(this.#context)
    } catch (error) {
      throw processingError(error, this.name, this.#scope)
    }
  }

  process(record: StreamRecord<unknown, unknown>): Awaitable<void> {
    if (this.#tail !== undefined) return this.#enqueue(record, this.#tail)
    let result: Awaitable<void>
    try {
      result = this.#take(record)
    } catch (error) {
      throw processingError(error, this.name, this.#scope)
    }
    if (isPromiseLike(result)) return this.#follow(result)
  }

  get advanceTime(): ((timeMs: number) => Promise<void>) | undefined {
    return this.#processor.advanceTime === undefined ? undefined : (ms) => this.#advanceTime(ms)
  }

  get holdsBackMs(): number {
    return this.#processor.holdsBackMs ?? 0
  }

  async flush(): Promise<void> {
    this.#context.setGiven(undefined)
    try {
      await this.#processor.flush?.(this.#context)
    } catch (error) {
      throw processingError(error, this.name, this.#scope)
    }
  }

  async close(): Promise<void> {
    await this.#processor.close?.()
  }

  async #advanceTime(timeMs: number): Promise<void> {
    this.#context.setGiven(undefined)
    try {
      await this.#processor.advanceTime?.(timeMs, this.#context)
    } catch (error) {
      throw processingError(error, this.name, this.#scope)
    }
  }

  #enqueue(record: StreamRecord<unknown, unknown>, tail: Promise<void>): Promise<void> {
    return this.#follow(tail.then(() => this.#take(record)))
  }

  #take(record: StreamRecord<unknown, unknown>): Awaitable<void> {
    if (this.#context.hasTakers) this.#context.setGiven(record)
    return this.#processor.process(record, this.#context)
  }

  #follow(result: PromiseLike<void>): Promise<void> {
    const done = Promise.resolve(result).catch((error: unknown) => {
      throw processingError(error, this.name, this.#scope)
    })
    this.#tail = done
    this.#scope.track(done)
    const free = (): void => {
      if (this.#tail === done) this.#tail = undefined
    }
    done.then(free, free)
    return done
  }
}

/** Processors that have been given: one that comes again would be shared among tasks. */
const GIVEN = new WeakSet<object>()

function newProcessor({
  name,
  supplier,
}: ProcessorNode): Processor<unknown, unknown, unknown, unknown> {
  const processor = supplier()
  if (GIVEN.has(processor)) {
    throw new MillraceError(
      'MR_TOPOLOGY',
      `The supplier of operator ${name} gave a processor that it had given before`,
      { hint: 'Make a new processor in each call of the supplier.', at: { operator: name } },
    )
  }
  GIVEN.add(processor)
  return processor
}
