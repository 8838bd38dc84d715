import type { Awaitable } from '../base/awaitable.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { SourceNode } from '../topology/topology-node.ts'
import type { NodeContext } from './node-context.ts'
import type { Node } from './node.ts'
import { SourceDecoder } from './source-decoder.ts'

/** Decodes the records of its topics and hands them to its children. */
export class SourceNodeInstance implements Node {
  readonly name: string
  readonly advanceTime = undefined
  readonly holdsBackMs = 0
  readonly #context: NodeContext
  readonly #decoder: SourceDecoder

  constructor(node: SourceNode, context: NodeContext, defaultExtractor: TimestampExtractor) {
    this.name = node.name
    this.#context = context
    this.#decoder = new SourceDecoder(node, defaultExtractor)
  }

  /** See {@link SourceDecoder.decode}. */
  decode(raw: ConsumedRecord, partitionTimeMs: number): StreamRecord<unknown, unknown> {
    return this.#decoder.decode(raw, partitionTimeMs)
  }

  /** True when somebody wants to know of records without a valid timestamp. */
  get hasTakers(): boolean {
    return this.#context.hasTakers
  }

  /** Says that `record` has no valid timestamp. */
  drop(record: StreamRecord<unknown, unknown>): void {
    this.#context.recordDropped('invalid-timestamp', { record })
  }

  init(): void {
    // Nothing to open: serdes are ready when they are given.
  }

  process(record: StreamRecord<unknown, unknown>): Awaitable<void> {
    return this.#context.forward(record)
  }

  flush(): void {
    // Holds nothing back.
  }

  close(): void {
    // Owns nothing.
  }
}
