import type { ProcessorSupplier } from '../processor/processor.ts'

/**
 * Goes before a repartition topic: a record without a key has no partition that it belongs to.
 * Not counted as dropped, as in Kafka Streams (KIP-962).
 */
export const dropNullKeys: ProcessorSupplier<unknown, unknown, unknown, unknown> = () => ({
  process(record, context) {
    if (record.key === null || record.key === undefined) return
    return context.forward(record)
  },
})

/** In its place where null keys are kept: the operator is there all the same, as in Kafka Streams. */
export const keepNullKeys: ProcessorSupplier<unknown, unknown, unknown, unknown> = () => ({
  process: (record, context) => context.forward(record),
})
