import type { SchemaDefinition, SchemaType } from '../client/schema-registry-client.ts'
import type { ResolvedSchema } from '../registry/schema-registry.ts'

/** Makes the bytes of a value, header included. @throws Error that says what does not fit, and where */
export type Encode<T> = (value: T) => Uint8Array

/** Makes the value of bytes, header included. @throws Error that says what is wrong with them */
export type Decode<T> = (bytes: Buffer) => T

/** What one kind of schema knows how to do. */
export interface SchemaFormat<T> {
  readonly type: SchemaType
  /** The schema of the serde; undefined for one that goes by those of the registry. */
  readonly own: SchemaDefinition | undefined
  /** Of the record that the schema is of. Undefined when it has no name. */
  recordName(schema: SchemaDefinition): string | undefined
  /** @throws MillraceError `MR_SCHEMA_INVALID` */
  encoder(schema: ResolvedSchema, id: number): Encode<T>
  /** Reads what was written with a schema as the serde's own one has it, if there is one. @throws Error when it cannot */
  decoder(writer: ResolvedSchema, own: ResolvedSchema | undefined): Decode<T>
}
