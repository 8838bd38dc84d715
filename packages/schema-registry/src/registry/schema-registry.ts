import { type Clock, type Duration, MillraceError } from '@millrace/core'
import { durationToMs, systemClock } from '@millrace/core/internal'
import { RegistryClient } from '../client/registry-client.ts'
import { invalidOptions, type RegistryOptions } from '../client/registry-options.ts'
import type {
  Compatibility,
  SchemaDefinition,
  SchemaReference,
  SchemaRegistryClient,
} from '../client/schema-registry-client.ts'
import { BoundedMap } from './bounded-map.ts'

/** How what is asked of a registry is kept. */
export interface RegistryCacheOptions {
  /** How many schemas are kept, by id and by subject each. @defaultValue 1000 */
  readonly maxSchemas?: number
  /** How long an id is taken as unknown that the registry did not know. @defaultValue 60_000 */
  readonly missingIdsExpireAfter?: Duration
  /** @defaultValue the system's clock */
  readonly clock?: Clock
}

/** A schema with those that it uses, and those that these use: before it, each once. */
export interface ResolvedSchema extends SchemaDefinition {
  readonly uses: readonly UsedSchema[]
}

/** A schema that another one uses, under the name that is in that one's text. */
export interface UsedSchema {
  readonly name: string
  readonly text: string
}

/** How an id is found for a schema that is to be written. */
export type Registration =
  /** Registers the schema, unless it is there already. */
  | 'auto'
  /** Takes the id of the schema, which must be there. */
  | 'look-up'
  /** Takes the latest version of the subject, whatever it is, and writes with that one. */
  | 'latest'

/** A schema to write with, and the id that goes in front of the bytes. */
export interface WritableSchema {
  readonly id: number
  readonly schema: ResolvedSchema
}

/** What a subject is to be written with. */
export interface WritableRequest {
  readonly subject: string
  readonly registration: Registration
  /** Undefined: only with 'latest'. */
  readonly schema: SchemaDefinition | undefined
  /** Set before the schema is registered. */
  readonly compatibility: Compatibility | undefined
}

const MAX_SCHEMAS = 1000
const MISSING_EXPIRE_MS = 60_000
/** A schema that uses others which use it would be followed for ever. */
const MAX_REFERENCES = 1000

/**
 * A schema registry, and what is known of it. Give one to all serdes of an app: they share what it knows.
 *
 * Semantics: what is there never changes (an id is one schema for ever), so it is asked for once; requests for the
 * same thing at the same time are one request. What fails is not kept, and asked for anew. An id that the registry
 * does not know is taken as unknown for a while, so that a topic of strange bytes does not become as many requests.
 */
export class SchemaRegistry {
  readonly client: SchemaRegistryClient
  readonly #clock: Clock
  readonly #missingExpireMs: number
  readonly #byId: BoundedMap<number, ResolvedSchema>
  readonly #missing: BoundedMap<number, number>
  readonly #writable: BoundedMap<string, WritableSchema>
  readonly #underWay = new Map<string, Promise<unknown>>()

  /** See {@link schemaRegistry}, for a registry by its URL. */
  constructor(client: SchemaRegistryClient, options: RegistryCacheOptions = {}) {
    const { maxSchemas = MAX_SCHEMAS, missingIdsExpireAfter = MISSING_EXPIRE_MS } = options
    this.client = client
    this.#clock = options.clock ?? systemClock
    this.#missingExpireMs = durationToMs(missingIdsExpireAfter)
    if (!Number.isInteger(maxSchemas) || maxSchemas < 1) {
      throw invalidOptions(['maxSchemas must be at least 1'])
    }
    this.#byId = new BoundedMap(maxSchemas)
    this.#missing = new BoundedMap(maxSchemas)
    this.#writable = new BoundedMap(maxSchemas)
  }

  /** What is known of an id: undefined when it has to be asked for. */
  knownById(id: number): ResolvedSchema | 'missing' | undefined {
    const found = this.#byId.get(id)
    if (found !== undefined) return found
    const untilMs = this.#missing.get(id)
    if (untilMs === undefined) return undefined
    if (this.#clock.nowMs() < untilMs) return 'missing'
    this.#missing.delete(id)
    return undefined
  }

  /** The schema of an id; after it {@link knownById} knows. @throws MillraceError of the client */
  byId(id: number): Promise<ResolvedSchema | 'missing'> {
    const known = this.knownById(id)
    if (known !== undefined) return Promise.resolve(known)
    return this.#once(`id ${id}`, async () => {
      const found = await this.client.schemaById(id)
      if (found === undefined) {
        this.#missing.set(id, this.#clock.nowMs() + this.#missingExpireMs)
        return 'missing'
      }
      const schema = await this.resolve(found)
      this.#byId.set(id, schema)
      return schema
    })
  }

  /**
   * The schema to write a subject with.
   * @throws MillraceError `MR_SCHEMA_NOT_FOUND` where nothing may be registered; or of the client
   */
  writable(request: WritableRequest): Promise<WritableSchema> {
    const { subject, registration, schema } = request
    const key = JSON.stringify([subject, registration, schema])
    const known = this.#writable.get(key)
    if (known !== undefined) return Promise.resolve(known)
    return this.#once(key, async () => {
      const found = await this.#find(request)
      this.#writable.set(key, found)
      // What is written here is read here, more often than not.
      if (this.#byId.get(found.id) === undefined) this.#byId.set(found.id, found.schema)
      return found
    })
  }

  async #find(request: WritableRequest): Promise<WritableSchema> {
    const { subject, registration, schema, compatibility } = request
    if (registration === 'latest') {
      const latest = await this.client.schemaOf(subject, 'latest')
      if (latest === undefined) throw notFound(subject, 'has no version')
      return { id: latest.id, schema: await this.resolve(latest) }
    }
    if (schema === undefined) {
      throw new MillraceError('MR_CONFIG', `There is no schema to write subject ${subject} with`, {
        hint: "Give the serde a schema, or set register: 'latest'.",
        at: { subject },
      })
    }
    const resolved = await this.resolve(schema)
    if (registration === 'look-up') {
      const id = await this.client.lookUp(subject, schema)
      if (id === undefined) throw notFound(subject, 'does not have the schema of the serde')
      return { id, schema: resolved }
    }
    if (compatibility !== undefined) await this.client.setCompatibility(subject, compatibility)
    return { id: await this.client.register(subject, schema), schema: resolved }
  }

  /** The schema with what it uses. @throws MillraceError `MR_SCHEMA_NOT_FOUND`, or of the client */
  async resolve(schema: SchemaDefinition): Promise<ResolvedSchema> {
    const uses = new Map<string, UsedSchema>()
    await this.#collect(schema.references ?? [], uses, 0)
    return { ...schema, uses: [...uses.values()] }
  }

  /** What is used comes before what uses it. */
  async #collect(
    references: readonly SchemaReference[],
    uses: Map<string, UsedSchema>,
    depth: number,
  ): Promise<void> {
    for (const { name, subject, version } of references) {
      if (uses.has(name) || depth > MAX_REFERENCES) continue
      const found = await this.client.schemaOf(subject, version)
      if (found === undefined) throw notFound(subject, `has no version ${version}`)
      await this.#collect(found.references ?? [], uses, depth + 1)
      uses.set(name, { name, text: found.text })
    }
  }

  /** Requests for the same thing at the same time are one. */
  #once<T>(key: string, request: () => Promise<T>): Promise<T> {
    const found = this.#underWay.get(key) as Promise<T> | undefined // by its key: what was put there
    if (found !== undefined) return found
    const made = request().finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, made)
    return made
  }
}

/**
 * A registry with Confluent's API, by its URL. Nothing is sent before a serde needs something.
 *
 * @throws MillraceError `MR_CONFIG` that lists every invalid option
 */
export function schemaRegistry(options: RegistryOptions & RegistryCacheOptions): SchemaRegistry {
  return new SchemaRegistry(new RegistryClient(options), options)
}

function notFound(subject: string, what: string): MillraceError {
  return new MillraceError('MR_SCHEMA_NOT_FOUND', `Subject ${subject} of the registry ${what}`, {
    hint: "Register the schema, let the serde do so with register: 'auto', or check the URL of the registry.",
    at: { subject },
  })
}
