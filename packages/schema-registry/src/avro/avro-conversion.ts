/** What stands for values of a logical type of Avro. */
export interface AvroConversion<T = unknown> {
  /** From what Avro has: a number (int, float, double, and long without a loss), a bigint (see `isLong`), a string, a Buffer. */
  fromAvro(value: never): T
  /** To what Avro has. @throws Error that says what does not fit */
  toAvro(value: T): unknown
  /** The long below is a bigint, so that nothing is lost beyond 2^53. @defaultValue false */
  readonly isBigint?: boolean
}

/** A schema of a logical type, as an object. */
export interface LogicalSchema {
  readonly logicalType: string
  /** Such as 'long', 'bytes', 'fixed'. */
  readonly type: string
  readonly precision?: number
  readonly scale?: number
  readonly size?: number
}

/** Makes the conversion for a schema; undefined where the type below does not fit, so that it counts as plain. */
export type AvroConversionOf = (schema: LogicalSchema) => AvroConversion | undefined
