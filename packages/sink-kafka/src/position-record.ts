import { MillraceError, type TopicPartition } from '@millrace/core'

/*
 * A position in the target: the offset to read next of one partition of one sink. The record is compacted by
 * its key, and written in the transaction of the data. Other tools may read it: key and value are JSON.
 */

/** The key of a partition's position. */
export function positionKey(sinkId: string, { topic, partition }: TopicPartition): string {
  return JSON.stringify([sinkId, topic, partition])
}

/** `version` is of the format. */
export interface StoredPosition {
  readonly version: 1
  readonly nextOffset: number
  /** Whoever wrote it, for a person who looks. */
  readonly owner: string
}

export function encodePosition(nextOffset: number, owner: string): Buffer {
  const stored: StoredPosition = { version: 1, nextOffset, owner }
  return Buffer.from(JSON.stringify(stored))
}

/** @throws MillraceError `MR_SINK_FAILED` for what is no position */
export function decodePosition(value: Uint8Array, key: string): number {
  try {
    const stored: unknown = JSON.parse(Buffer.from(value).toString())
    if (isPosition(stored)) return stored.nextOffset
  } catch {
    // Not JSON: told below.
  }
  throw new MillraceError('MR_SINK_FAILED', `The stored position ${key} cannot be read`, {
    hint: 'Another program has written to the positions topic, or a newer version of Millrace has.',
    at: { key },
  })
}

function isPosition(stored: unknown): stored is StoredPosition {
  return (
    typeof stored === 'object' &&
    stored !== null &&
    'version' in stored &&
    stored.version === 1 &&
    'nextOffset' in stored &&
    Number.isSafeInteger(stored.nextOffset)
  )
}
