import { MillraceError, type Serde, serdePending } from '@millrace/core'
import { asBuffer } from '@millrace/core/internal'
import type { Compatibility } from '../client/schema-registry-client.ts'
import { BoundedMap } from '../registry/bounded-map.ts'
import type { Registration, ResolvedSchema, SchemaRegistry } from '../registry/schema-registry.ts'
import type { Decode, Encode, SchemaFormat } from './schema-format.ts'
import { subjectName, type SubjectNameStrategy } from './subject-name.ts'
import { readSchemaId } from './wire-format.ts'

/** What serdes of all three kinds have in common. */
export interface RegistrySerdeOptions {
  /** Of keys: the subject ends in `-key`. @defaultValue false */
  readonly isKey?: boolean
  /** @defaultValue 'topic' */
  readonly subject?: SubjectNameStrategy
  /** How the id of what is written is found. @defaultValue 'auto' */
  readonly register?: Registration
  /**
   * Set for each subject before a schema is registered. Registries differ in what they ask for otherwise:
   * Confluent's is BACKWARD, Apicurio's NONE. @defaultValue that of the registry
   */
  readonly compatibility?: Compatibility
}

/** A serde whose schemas are in a registry. */
export interface RegistrySerde<T> extends Serde<T> {
  /**
   * Finds the schema to write a topic with, so that `serialize` need not wait for it. Undefined when it is known.
   * Await it before an app starts to have a schema refused there and then.
   */
  prepare(topic: string): Promise<void> | undefined
}

/** More than any app has of topics and schemas; what is beyond is looked up again. */
const MAX_CODECS = 1000

/**
 * Semantics: bytes and schemas are Confluent's. What has to be asked of the registry is asked once for a topic that
 * is written, and once for an id that is read; everything after it is synchronous. What is not there yet is
 * `serdePending`.
 *
 * Invariant: an error that is thrown is about the value or the bytes, unless it is a `MillraceError`.
 */
export function registrySerde<T>(
  registry: SchemaRegistry,
  format: SchemaFormat<T>,
  options: RegistrySerdeOptions,
): RegistrySerde<T> {
  return new SchemaSerde(registry, format, options)
}

class SchemaSerde<T> implements RegistrySerde<T> {
  readonly #registry: SchemaRegistry
  readonly #format: SchemaFormat<T>
  readonly #options: RegistrySerdeOptions
  readonly #encoders = new BoundedMap<string, Encode<T>>(MAX_CODECS)
  readonly #decoders = new BoundedMap<number, Decode<T>>(MAX_CODECS)
  readonly #preparing = new Map<string, Promise<void>>()
  readonly #fetching = new Map<number, Promise<void>>()
  /** The serde's schema with those that it uses; undefined while these are not fetched. */
  #own: ResolvedSchema | undefined
  /** The last ones, which are the next ones most of the time: a comparison in place of a look into a map. */
  #topic: string | undefined
  #encode: Encode<T> | undefined
  #id: number | undefined
  #decode: Decode<T> | undefined

  constructor(registry: SchemaRegistry, format: SchemaFormat<T>, options: RegistrySerdeOptions) {
    this.#registry = registry
    this.#format = format
    this.#options = options
    const { own } = format
    if (own !== undefined && own.references === undefined) this.#own = { ...own, uses: [] }
  }

  serialize(value: T, topic: string): Uint8Array {
    if (topic !== this.#topic || this.#encode === undefined) {
      const encode = this.#encoders.get(topic)
      if (encode === undefined) throw this.#pendingTopic(topic)
      this.#topic = topic
      this.#encode = encode
    }
    return this.#encode(value)
  }

  deserialize(bytes: Uint8Array, topic: string): T {
    const id = readSchemaId(bytes)
    if (id !== this.#id || this.#decode === undefined) {
      this.#decode = this.#decoders.get(id) ?? this.#newDecoder(id, topic)
      this.#id = id
    }
    return this.#decode(asBuffer(bytes))
  }

  prepare(topic: string): Promise<void> | undefined {
    if (this.#encoders.get(topic) !== undefined) return undefined
    const found = this.#preparing.get(topic)
    if (found !== undefined) return found
    const made = this.#prepare(topic).finally(() => this.#preparing.delete(topic))
    this.#preparing.set(topic, made)
    return made
  }

  async #prepare(topic: string): Promise<void> {
    const { register = 'auto', compatibility } = this.#options
    const subject = this.#subject(topic)
    const { own, type } = this.#format
    const request = { subject, registration: register, schema: own, compatibility }
    const { id, schema } = await this.#registry.writable(request)
    if (schema.type !== type) {
      const what = `Subject ${subject} has a schema of kind ${schema.type}, the serde is for ${type}`
      throw new MillraceError('MR_SCHEMA_INVALID', what, {
        hint: 'Use the serde of that kind, or another subject.',
        at: { subject, schemaId: id },
      })
    }
    const encode = this.#format.encoder(schema, id)
    this.#encoders.set(topic, withSubject(encode, subject, id))
  }

  #subject(topic: string): string {
    const { subject = 'topic', isKey = false } = this.#options
    const { own } = this.#format
    const recordName = own === undefined ? undefined : this.#format.recordName(own)
    if (recordName === undefined && (subject === 'record' || subject === 'topic-record')) {
      const why = own === undefined ? 'the serde has no schema' : 'its schema has no name'
      throw new MillraceError('MR_CONFIG', `A subject of topic ${topic} cannot be named: ${why}`, {
        hint: 'Give the serde a schema with a name (in JSON Schema: a title), or name subjects by topic.',
        at: { topic },
      })
    }
    return subjectName(subject, { topic, isKey, recordName: recordName ?? '' })
  }

  #pendingTopic(topic: string): MillraceError {
    const ready = (): Promise<void> => this.prepare(topic) ?? Promise.resolve()
    return serdePending(`The schema to write topic ${topic} with is not known yet`, ready, {
      topic,
    })
  }

  /** @throws serdePending when the registry has to be asked; Error for an id that it does not know */
  #newDecoder(id: number, topic: string): Decode<T> {
    const known = this.#registry.knownById(id)
    if (known === 'missing') {
      throw new Error(`schema ${id} of a record of topic ${topic} is not in the registry`)
    }
    if (known === undefined || this.#isOwnMissing) {
      const ready = (): Promise<void> => this.#fetch(id)
      throw serdePending(`The schema ${id} of a record is not known yet`, ready, { schemaId: id })
    }
    const decode = this.#decoderOf(id, known)
    this.#decoders.set(id, decode)
    return decode
  }

  #fetch(id: number): Promise<void> {
    const found = this.#fetching.get(id)
    if (found !== undefined) return found
    const made = this.#fetchAll(id).finally(() => this.#fetching.delete(id))
    this.#fetching.set(id, made)
    return made
  }

  async #fetchAll(id: number): Promise<void> {
    const { own } = this.#format
    if (own !== undefined && this.#isOwnMissing) this.#own = await this.#registry.resolve(own)
    await this.#registry.byId(id)
  }

  get #isOwnMissing(): boolean {
    return this.#format.own !== undefined && this.#own === undefined
  }

  /** One that cannot read what was written with this schema says so of each record. */
  #decoderOf(id: number, writer: ResolvedSchema): Decode<T> {
    const { type } = this.#format
    try {
      if (writer.type !== type) {
        throw new TypeError(`it is of kind ${writer.type}, and the serde is for ${type}`)
      }
      return withId(this.#format.decoder(writer, this.#own), id)
    } catch (error) {
      const failure = new Error(
        `cannot read what was written with schema ${id}: ${textOf(error)}`,
        {
          cause: error,
        },
      )
      return () => {
        throw failure
      }
    }
  }
}

function withSubject<T>(encode: Encode<T>, subject: string, id: number): Encode<T> {
  return (value) => {
    try {
      return encode(value)
    } catch (error) {
      throw new TypeError(
        `the value does not fit schema ${id} of subject ${subject}: ${textOf(error)}`,
        { cause: error },
      )
    }
  }
}

function withId<T>(decode: Decode<T>, id: number): Decode<T> {
  return (bytes) => {
    try {
      return decode(bytes)
    } catch (error) {
      throw new Error(`the bytes do not fit schema ${id}: ${textOf(error)}`, { cause: error })
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
