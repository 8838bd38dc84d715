import { asBuffer } from '../base/bytes.ts'
import type { Serde } from './serde.ts'

/*
 * The value of the registration topic and of the subscription store of a foreign-key join (Kafka Streams:
 * SubscriptionWrapperSerde):
 *   version(1) + instruction(1) + [hash(16)] + primary key + [primary partition(4)]
 * The highest bit of the first byte tells that there is no hash. Version 1 has the partition, version 0, which
 * Kafka Streams wrote up to 3.3, has none. Written is 1, and 0 for what was read as such.
 */

/**
 * What a row on the left asks of the table on the right:
 * - `delete`: to be forgotten;
 * - `delete-and-answer`: the same, and an answer without a row;
 * - `answer`: to be remembered, and an answer in any case;
 * - `answer-if-present`: to be remembered, and an answer if there is a row.
 */
export type SubscriptionInstruction =
  'delete' | 'delete-and-answer' | 'answer' | 'answer-if-present'

/** The place of each is its byte. */
const INSTRUCTIONS: readonly SubscriptionInstruction[] = [
  'delete',
  'delete-and-answer',
  'answer',
  'answer-if-present',
]

export interface Subscription {
  readonly instruction: SubscriptionInstruction
  /** Of the row on the left; null when it was deleted. */
  readonly hash: Uint8Array | null
  /** Key of the row on the left, serialized. */
  readonly primaryKey: Uint8Array
  /** Where the answer goes; undefined in what old versions wrote. */
  readonly primaryPartition: number | undefined
}

/** Marks that there is no hash, in the byte of the version. */
export const NO_HASH = 0x80
export const HASH_BYTES = 16
const HEAD_BYTES = 2
const PARTITION_BYTES = 4

/** @throws RangeError for bytes of no known form */
export const subscriptionSerde: Serde<Subscription> = { serialize, deserialize }

function serialize({ instruction, hash, primaryKey, primaryPartition }: Subscription): Uint8Array {
  const version = primaryPartition === undefined ? 0 : 1
  const head = Buffer.of(
    hash === null ? version | NO_HASH : version,
    INSTRUCTIONS.indexOf(instruction),
  )
  const parts = [head, hash ?? new Uint8Array(), primaryKey]
  if (primaryPartition !== undefined) {
    const partition = Buffer.allocUnsafe(PARTITION_BYTES)
    partition.writeInt32BE(primaryPartition)
    parts.push(partition)
  }
  return Buffer.concat(parts)
}

function deserialize(bytes: Uint8Array): Subscription {
  const buffer = asBuffer(bytes)
  const [first = NO_HASH, second = -1] = buffer
  const version = first & ~NO_HASH
  if (version > 1) throw new RangeError(`not a subscription: its version is ${version}`)
  const instruction = INSTRUCTIONS[second]
  if (instruction === undefined) throw new RangeError(`not a subscription: it asks for ${second}`)
  const keyStart = HEAD_BYTES + ((first & NO_HASH) === 0 ? HASH_BYTES : 0)
  const keyEnd = buffer.length - (version === 0 ? 0 : PARTITION_BYTES)
  if (keyEnd < keyStart) throw new RangeError(`not a subscription: it has ${buffer.length} bytes`)
  return {
    instruction,
    hash: keyStart === HEAD_BYTES ? null : Buffer.from(buffer.subarray(HEAD_BYTES, keyStart)),
    primaryKey: Buffer.from(buffer.subarray(keyStart, keyEnd)),
    primaryPartition: version === 0 ? undefined : buffer.readInt32BE(keyEnd),
  }
}
