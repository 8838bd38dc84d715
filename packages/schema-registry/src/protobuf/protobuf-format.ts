import protobuf from 'protobufjs'
import type { SchemaDefinition, SchemaReference } from '../client/schema-registry-client.ts'
import { BoundedMap } from '../registry/bounded-map.ts'
import type { ResolvedSchema } from '../registry/schema-registry.ts'
import type { Decode, Encode, SchemaFormat } from '../serde/schema-format.ts'
import { HEADER_BYTES, writeHeader } from '../serde/wire-format.ts'
import { MessageCodec, type ProtobufValueOptions } from './message-codec.ts'
import { encodeIndexes, readIndexes } from './message-indexes.ts'
import { messageName, ProtoSchema } from './proto-schema.ts'

export interface ProtobufFormatOptions extends ProtobufValueOptions {
  readonly schema?: string
  readonly message?: string
  readonly references?: readonly SchemaReference[]
}

interface MessageReader {
  read(bytes: Buffer, start: number): unknown
}

/** More than any file has of messages. */
const MAX_READERS = 1000

export class ProtobufFormat<T> implements SchemaFormat<T> {
  readonly type = 'PROTOBUF'
  readonly own: SchemaDefinition | undefined
  readonly #options: ProtobufFormatOptions

  constructor(options: ProtobufFormatOptions) {
    const { schema, message, references = [] } = options
    this.#options = options
    if (schema === undefined) return
    this.own = {
      type: 'PROTOBUF',
      text: schema,
      ...(references.length === 0 ? {} : { references }),
    }
    // At once, where nothing has to be fetched: a mistake in a schema is found when the serde is made.
    if (references.length === 0) this.#compile({ text: schema, uses: [] }).message(message)
  }

  recordName({ text }: SchemaDefinition): string {
    return messageName(text, this.#options.message)
  }

  encoder(schema: ResolvedSchema, id: number): Encode<T> {
    const { type, indexes } = this.#compile(schema).message(this.#options.message)
    const codec = new MessageCodec(type, this.#options)
    const indexBytes = encodeIndexes(indexes)
    const start = HEADER_BYTES + indexBytes.length
    return (value) => {
      const message = type.encode(codec.toWire(value)).finish()
      const bytes = Buffer.allocUnsafe(start + message.length)
      writeHeader(bytes, id)
      bytes.set(indexBytes, HEADER_BYTES)
      bytes.set(message, start)
      return bytes
    }
  }

  decoder(writer: ResolvedSchema, own: ResolvedSchema | undefined): Decode<T> {
    const written = this.#compile(writer)
    const wanted = own === undefined ? undefined : this.#compile(own).message(this.#options.message)
    const readers = new BoundedMap<string, MessageReader>(MAX_READERS)
    return (bytes) => {
      const { indexes, end } = readIndexes(bytes)
      const key = indexes.length === 1 ? String(indexes[0]) : indexes.join('.')
      let reader = readers.get(key)
      if (reader === undefined) {
        reader = this.#reader(written.messageAt(indexes), wanted?.type)
        readers.set(key, reader)
      }
      return reader.read(bytes, end) as T // the user's claim about the schema
    }
  }

  /** By the serde's own message, as Protobuf reads other versions; it must be the one that was written. */
  #reader(written: protobuf.Type, wanted: protobuf.Type | undefined): MessageReader {
    if (wanted !== undefined && wanted.fullName !== written.fullName) {
      const names = [written, wanted].map(({ fullName }) => fullName.slice(1))
      throw new TypeError(
        `it is a message ${names[0] ?? ''}, and the serde reads ${names[1] ?? ''}`,
      )
    }
    const type = wanted ?? written
    const codec = new MessageCodec(type, this.#options)
    return {
      read(bytes, start) {
        const reader = protobuf.Reader.create(bytes)
        reader.pos = start
        return codec.fromWire(type.decode(reader))
      },
    }
  }

  #compile(schema: Pick<ResolvedSchema, 'text' | 'uses'>): ProtoSchema {
    return new ProtoSchema(schema, this.#options.keepCase ?? false)
  }
}
