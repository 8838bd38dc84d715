import { MillraceError } from '@millrace/core'
import type { Type } from 'avsc'
import type { SchemaDefinition, SchemaReference } from '../client/schema-registry-client.ts'
import type { ResolvedSchema } from '../registry/schema-registry.ts'
import type { Decode, Encode, SchemaFormat } from '../serde/schema-format.ts'
import { HEADER_BYTES, writeHeader } from '../serde/wire-format.ts'
import { type AvroValueOptions, avroType } from './avro-type.ts'

export interface AvroFormatOptions extends AvroValueOptions {
  /** The schema as an object, or as its text. */
  readonly schema?: object | string
  readonly references?: readonly SchemaReference[]
}

interface Decoded<T> {
  readonly value: T
  /** Where it ends; negative for bytes that end before it. */
  readonly offset: number
}

/** Most records fit. It grows with the largest one. */
let scratch = Buffer.allocUnsafe(4096)

export class AvroFormat<T> implements SchemaFormat<T> {
  readonly type = 'AVRO'
  readonly own: SchemaDefinition | undefined
  readonly #options: AvroFormatOptions
  /** Of the serde's own schema, made when first needed: references have to be fetched for it. */
  #reader: Type | undefined

  constructor(options: AvroFormatOptions) {
    const { schema, references = [] } = options
    this.#options = options
    if (schema === undefined) return
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
    this.own = { type: 'AVRO', text, ...(references.length === 0 ? {} : { references }) }
    // At once, where nothing has to be fetched: a mistake in a schema is found when the serde is made.
    if (references.length === 0) this.#reader = this.#compile(text, [])
  }

  recordName({ text }: SchemaDefinition): string | undefined {
    if (this.#reader !== undefined) return this.#reader.name
    const { name, namespace } = JSON.parse(text) as { name?: string; namespace?: string } // an object, with references
    if (name === undefined) return undefined
    return namespace === undefined || name.includes('.') ? name : `${namespace}.${name}`
  }

  encoder(schema: ResolvedSchema, id: number): Encode<T> {
    const type = this.#typeOf(schema)
    return (value) => {
      let end = write(type, value)
      if (end < 0) {
        // What is missing; with room to spare, so that the next larger one fits too.
        scratch = Buffer.allocUnsafe((scratch.length - end) * 2)
        end = write(type, value)
      }
      writeHeader(scratch, id)
      return Buffer.from(scratch.subarray(0, end))
    }
  }

  decoder(writer: ResolvedSchema, own: ResolvedSchema | undefined): Decode<T> {
    const writerType = this.#typeOf(writer)
    const reader = own === undefined ? writerType : this.#typeOf(own)
    const resolver = isSame(reader, writerType) ? undefined : reader.createResolver(writerType)
    return (bytes) => {
      const read: Decoded<T> = reader.decode(bytes, HEADER_BYTES, resolver)
      const { value, offset } = read
      if (offset === bytes.length) return value
      throw new RangeError(
        offset < 0 ? 'they end too early' : `${bytes.length - offset} bytes are left over`,
      )
    }
  }

  #typeOf(schema: ResolvedSchema): Type {
    if (schema.text === this.own?.text && this.#reader !== undefined) return this.#reader
    const type = this.#compile(
      schema.text,
      schema.uses.map(({ text }) => text),
    )
    if (schema.text === this.own?.text) this.#reader = type
    return type
  }

  #compile(text: string, uses: readonly string[]): Type {
    try {
      return avroType(text, uses, this.#options)
    } catch (error) {
      throw new MillraceError('MR_SCHEMA_INVALID', 'An Avro schema is not valid', {
        cause: error,
        hint: 'Correct the schema; the cause says what is wrong with it.',
      })
    }
  }
}

/** Logical types included, which avsc's own comparison leaves out: milliseconds are not microseconds. */
function isSame(reader: Type, writer: Type): boolean {
  if (reader === writer) return true
  const [a, b] = [reader, writer].map((type) => JSON.stringify(type.schema({ exportAttrs: true })))
  return a === b
}

/** Where it ends; negative: how many bytes are missing. */
function write(type: Type, value: unknown): number {
  try {
    return type.encode(value, scratch, HEADER_BYTES)
  } catch (error) {
    throw explained(type, value, error)
  }
}

/** avsc says what does not fit; where, it only says when it is asked. */
function explained(type: Type, value: unknown, error: unknown): Error {
  const places: string[] = []
  const errorHook = (path: string[], at: unknown, expected: Type): void => {
    places.push(`at /${path.join('/')}: ${describe(at)} is no ${expected.toString()}`)
  }
  try {
    type.isValid(value, { errorHook })
  } catch {
    // A conversion of the user's may throw here as well; what it threw first is told.
  }
  const said = error instanceof Error ? error.message : String(error)
  return new TypeError(places.length === 0 ? said : `${said} (${places.slice(0, 3).join('; ')})`, {
    cause: error,
  })
}

function describe(value: unknown): string {
  return value === null || typeof value !== 'object' ? String(value) : typeof value
}
