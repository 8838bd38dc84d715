/**
 * Turns values into bytes and back. Called with the topic that the bytes belong to (schema
 * registries name their subjects by it).
 *
 * Never called with null: null is null on both sides. Throwing tells that the input does not fit;
 * the runtime adds topic, partition, offset and operator. A `MillraceError` is not about the input: it goes
 * on as it is, whatever the exception handlers say.
 *
 * Both calls are synchronous. A serde that needs something from elsewhere first throws `serdePending`, with what
 * it waits for; the record waits, and the same call comes again.
 */
export interface Serde<T> {
  /** The bytes of a value; `topic` is where they go to. */
  serialize(value: T, topic: string): Uint8Array
  /** `bytes` is the caller's: copy what must outlive the call. */
  deserialize(bytes: Uint8Array, topic: string): T
  /**
   * Gets what `serialize` needs for a topic, ahead of the first record: called when a task opens that writes to
   * it. Undefined when nothing is to be waited for. What it rejects with is as of `serdePending`.
   */
  prepare?(topic: string): Promise<void> | undefined
}

/** The value type of a serde. */
export type SerdeType<S> = S extends Serde<infer T> ? T : never

export function serializeNullable<T>(
  serde: Serde<T>,
  value: T | null,
  topic: string,
): Uint8Array | null {
  return value === null || value === undefined ? null : serde.serialize(value, topic)
}

export function deserializeNullable<T>(
  serde: Serde<T>,
  bytes: Uint8Array | null,
  topic: string,
): T | null {
  return bytes === null ? null : serde.deserialize(bytes, topic)
}
