import { type Duration, MillraceError } from '@millrace/core'
import { endsWithin, systemClock } from '@millrace/core/internal'
import { errorOf, incompatible, type RegistryAnswer, type RegistryCall } from './registry-answer.ts'
import { invalidOptions, REQUEST_TIMEOUT_MS, timeoutMs } from './registry-options.ts'
import type {
  Compatibility,
  CompatibilityResult,
  SchemaDefinition,
  SchemaReference,
  SchemaRegistryClient,
  SchemaType,
  SubjectVersion,
} from './schema-registry-client.ts'

/** A schema as `@confluentinc/schemaregistry` has it. */
export interface ConfluentSchemaInfo {
  readonly schema: string
  readonly schemaType?: string
  readonly references?: SchemaReference[]
}

/** What is used of a client of `@confluentinc/schemaregistry`. */
export interface ConfluentSchemaRegistryClient {
  /** The id under which the schema is registered, now or before. */
  register(subject: string, schema: ConfluentSchemaInfo, normalize: boolean): Promise<number>
  /** The id of a schema that is registered under the subject. */
  getId(subject: string, schema: ConfluentSchemaInfo, normalize: boolean): Promise<number>
  /** The schema of an id. */
  getBySubjectAndId(subject: string, id: number): Promise<ConfluentSchemaInfo>
  /** The latest version of a subject. */
  getLatestSchemaMetadata(subject: string): Promise<ConfluentSchemaVersion>
  /** One version of a subject. */
  getSchemaMetadata(
    subject: string,
    version: number,
    deleted: boolean,
  ): Promise<ConfluentSchemaVersion>
  /** Whether the schema may follow those that the subject has. */
  testSubjectCompatibility(subject: string, schema: ConfluentSchemaInfo): Promise<boolean>
  /** Sets the rule by which the schemas of the subject must be compatible. */
  updateCompatibility(subject: string, update: never): Promise<unknown>
}

/** A version of a subject as `@confluentinc/schemaregistry` has it. */
export interface ConfluentSchemaVersion extends ConfluentSchemaInfo {
  readonly id?: number
  readonly version?: number
}

/** The `ClientConfig` of `@confluentinc/schemaregistry`, passed on as it is. */
export interface ConfluentClientConfig {
  readonly baseURLs: readonly string[]
  readonly createAxiosDefaults?: Readonly<Record<string, unknown>>
  readonly [setting: string]: unknown
}

/** How long Confluent's client may take, which by itself waits for an answer for ever. */
export interface ConfluentClientOptions {
  /**
   * How long one request may take, of a client that is made here: `createAxiosDefaults.timeout`, unless that is set.
   * @defaultValue 10_000
   */
  readonly requestTimeout?: Duration
  /**
   * How long a call may take with all its requests, also of a client that was given, before it rejects with
   * `MR_SCHEMA_UNAVAILABLE`. @defaultValue 60_000
   */
  readonly callTimeout?: Duration
}

/** Not in `import()` itself, where a compiler would look for the package, which may not be there. */
const PACKAGE: string = '@confluentinc/schemaregistry'
const HTTP_NOT_FOUND = 404
const HTTP_CONFLICT = 409
/** More than four requests take that time out, with the waits of Confluent's client between them. */
const CALL_TIMEOUT_MS = 60_000

/**
 * Confluent's own client as the client of a {@link SchemaRegistry}: one that is there, or one that is made of its
 * configuration when it is first needed. For its ways to authenticate; the serdes stay the same.
 *
 * `@confluentinc/schemaregistry` is a peer that the app installs. Without it each call rejects with `MR_CONFIG`.
 * A client that is there should have a timeout of its own (`createAxiosDefaults`): one request that is never answered
 * holds up all later ones of its kind, and each of them ends with `callTimeout`.
 *
 * @throws MillraceError `MR_CONFIG` that lists every invalid timeout
 */
export function confluentClient(
  source: ConfluentSchemaRegistryClient | ConfluentClientConfig,
  options: ConfluentClientOptions = {},
): SchemaRegistryClient {
  return new ConfluentAdapter(source, options)
}

class ConfluentAdapter implements SchemaRegistryClient {
  readonly #source: ConfluentSchemaRegistryClient | ConfluentClientConfig
  readonly #requestTimeoutMs: number
  readonly #callTimeoutMs: number
  #client: Promise<ConfluentSchemaRegistryClient> | undefined

  constructor(
    source: ConfluentSchemaRegistryClient | ConfluentClientConfig,
    { requestTimeout = REQUEST_TIMEOUT_MS, callTimeout = CALL_TIMEOUT_MS }: ConfluentClientOptions,
  ) {
    this.#source = source
    const problems: string[] = []
    this.#requestTimeoutMs = timeoutMs('requestTimeout', requestTimeout, problems)
    this.#callTimeoutMs = timeoutMs('callTimeout', callTimeout, problems)
    if (problems.length > 0) throw invalidOptions(problems)
  }

  async register(subject: string, schema: SchemaDefinition): Promise<number> {
    const client = await this.#open()
    try {
      return await this.#settled(client.register(subject, infoOf(schema), false))
    } catch (error) {
      const answer = answerOf(error)
      const what = `register a schema of subject ${subject}`
      if (answer.status !== HTTP_CONFLICT) throw errorOf(answer, { what, at: { subject } })
      throw incompatible(subject, answer.message === '' ? [] : [answer.message], error)
    }
  }

  lookUp(subject: string, schema: SchemaDefinition): Promise<number | undefined> {
    const call = { what: `look up a schema of subject ${subject}`, at: { subject } }
    return this.#unlessMissing(call, (client) => client.getId(subject, infoOf(schema), false))
  }

  async schemaById(id: number): Promise<SchemaDefinition | undefined> {
    const call = { what: `fetch the schema ${id}`, at: { schemaId: id } }
    const found = await this.#unlessMissing(call, (client) => client.getBySubjectAndId('', id))
    return found === undefined ? undefined : definitionOf(found)
  }

  async schemaOf(subject: string, version: number | 'latest'): Promise<SubjectVersion | undefined> {
    const call = {
      what: `fetch version ${version} of subject ${subject}`,
      at: { subject, version },
    }
    const found = await this.#unlessMissing(call, (client) =>
      version === 'latest'
        ? client.getLatestSchemaMetadata(subject)
        : client.getSchemaMetadata(subject, version, false),
    )
    if (found === undefined) return undefined
    return { ...definitionOf(found), subject, version: found.version ?? 0, id: found.id ?? 0 }
  }

  /** Confluent's client says whether, and not why. */
  async checkCompatibility(
    subject: string,
    schema: SchemaDefinition,
  ): Promise<CompatibilityResult> {
    const call = { what: `compare a schema with those of subject ${subject}`, at: { subject } }
    const isCompatible = await this.#unlessMissing(call, (client) =>
      client.testSubjectCompatibility(subject, infoOf(schema)),
    )
    return { isCompatible: isCompatible ?? true, messages: [] }
  }

  async setCompatibility(subject: string, compatibility: Compatibility): Promise<void> {
    const client = await this.#open()
    try {
      await this.#settled(client.updateCompatibility(subject, compatibility as never)) // its enum of the same texts
    } catch (error) {
      const what = `set the compatibility of subject ${subject} to ${compatibility}`
      throw errorOf(answerOf(error), { what, at: { subject } })
    }
  }

  async #unlessMissing<T>(
    call: RegistryCall,
    request: (client: ConfluentSchemaRegistryClient) => Promise<T>,
  ): Promise<T | undefined> {
    const client = await this.#open()
    try {
      return await this.#settled(request(client))
    } catch (error) {
      const answer = answerOf(error)
      if (answer.status === HTTP_NOT_FOUND) return undefined
      throw errorOf(answer, call)
    }
  }

  /** What was asked, or an error of it in time: who waits for a schema waits for its promise alone. */
  async #settled<T>(asked: Promise<T>): Promise<T> {
    if (await endsWithin(systemClock, this.#callTimeoutMs, asked)) return asked
    throw new Error(`@confluentinc/schemaregistry did not answer in ${this.#callTimeoutMs} ms`)
  }

  #open(): Promise<ConfluentSchemaRegistryClient> {
    this.#client ??= isClient(this.#source)
      ? Promise.resolve(this.#source)
      : makeClient(this.#source, this.#requestTimeoutMs)
    return this.#client
  }
}

function isClient(
  source: ConfluentSchemaRegistryClient | ConfluentClientConfig,
): source is ConfluentSchemaRegistryClient {
  return 'register' in source && typeof source['register'] === 'function'
}

interface ConfluentPackage {
  readonly SchemaRegistryClient: new (
    config: ConfluentClientConfig,
  ) => ConfluentSchemaRegistryClient
}

async function makeClient(
  config: ConfluentClientConfig,
  timeout: number,
): Promise<ConfluentSchemaRegistryClient> {
  let loaded: ConfluentPackage
  try {
    loaded = (await import(PACKAGE)) as ConfluentPackage // what the package is documented to export
  } catch (error) {
    throw new MillraceError('MR_CONFIG', `confluentClient() needs the package ${PACKAGE}`, {
      cause: error,
      hint: `npm install ${PACKAGE}`,
    })
  }
  const createAxiosDefaults = { timeout, ...config.createAxiosDefaults }
  return new loaded.SchemaRegistryClient({ ...config, createAxiosDefaults })
}

function infoOf({ type, text, references = [] }: SchemaDefinition): ConfluentSchemaInfo {
  return {
    schema: text,
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    ...(references.length === 0 ? {} : { references: [...references] }),
  }
}

function definitionOf({ schema, schemaType, references }: ConfluentSchemaInfo): SchemaDefinition {
  const type = (schemaType === undefined || schemaType === '' ? 'AVRO' : schemaType) as SchemaType // the registry's three
  const hasReferences = references !== undefined && references.length > 0
  return { type, text: schema, ...(hasReferences ? { references } : {}) }
}

/** Its RestError has the status; what axios throws has none, or that of a failed retry. */
function answerOf(error: unknown): RegistryAnswer {
  const message = error instanceof Error ? error.message : String(error)
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : 0
  return typeof status === 'number' && status > 0
    ? { status, message: message.replace(/; error code: \d+$/, ''), cause: error }
    : { status: undefined, message, cause: error }
}
