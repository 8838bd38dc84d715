import api from '@kafkajs/confluent-schema-registry/dist/api/index.js'
import { errorOf, incompatible, type RegistryAnswer, type RegistryCall } from './registry-answer.ts'
import {
  type RegistryConfig,
  type RegistryOptions,
  resolveRegistryOptions,
} from './registry-options.ts'
import type {
  Compatibility,
  CompatibilityResult,
  SchemaDefinition,
  SchemaRegistryClient,
  SchemaType,
  SubjectVersion,
} from './schema-registry-client.ts'

type Api = ReturnType<typeof api.default>
type Middleware = NonNullable<Parameters<typeof api.default>[0]['middlewares']>[number]

/** What the endpoints answer, as far as it is used. */
interface SchemaAnswer {
  readonly schema: string
  readonly schemaType?: SchemaType
  readonly references?: SchemaDefinition['references']
}

const HTTP_NOT_FOUND = 404
const HTTP_CONFLICT = 409
/** What the client below makes of an error of the network: not an answer of any server. */
const NO_ANSWER = /^Error, status 400: /
const CLIENT_ID = 'millrace'

/**
 * A registry with Confluent's API, spoken to through the REST client of `@kafkajs/confluent-schema-registry`.
 *
 * Only that part of the package is used: its codecs are asynchronous, and its `register` asks for the
 * configuration of each subject, which some registries do not give.
 */
export class RegistryClient implements SchemaRegistryClient {
  readonly #api: Api

  /** @throws MillraceError `MR_CONFIG` */
  constructor(options: RegistryOptions) {
    const config = resolveRegistryOptions(options)
    const { url, auth, agent } = config
    this.#api = api.default({
      host: url,
      clientId: CLIENT_ID,
      ...(auth !== undefined && 'username' in auth ? { auth } : {}),
      ...(agent === undefined ? {} : { agent }),
      middlewares: [requestMiddleware(config)],
    })
  }

  async register(subject: string, schema: SchemaDefinition): Promise<number> {
    const call = { what: `register a schema of subject ${subject}`, at: { subject } }
    const body = bodyOf(schema)
    const answer = await ask<{ id: number }>(() => this.#api.Subject.register({ subject, body }))
    if (answer.isGiven) return answer.value.id
    if (answer.status !== HTTP_CONFLICT) throw errorOf(answer, call)
    throw incompatible(subject, await this.#differences(subject, schema, answer), answer.cause)
  }

  async lookUp(subject: string, schema: SchemaDefinition): Promise<number | undefined> {
    const body = bodyOf(schema)
    const call = { what: `look up a schema of subject ${subject}`, at: { subject } }
    const request = (): Promise<unknown> => this.#api.Subject.registered({ subject, body })
    return (await unlessMissing<{ id: number }>(request, call))?.id
  }

  async schemaById(id: number): Promise<SchemaDefinition | undefined> {
    const call = { what: `fetch the schema ${id}`, at: { schemaId: id } }
    const request = (): Promise<unknown> => this.#api.Schema.find({ id })
    const found = await unlessMissing<SchemaAnswer>(request, call)
    return found === undefined ? undefined : definitionOf(found)
  }

  async schemaOf(subject: string, version: number | 'latest'): Promise<SubjectVersion | undefined> {
    const call = {
      what: `fetch version ${version} of subject ${subject}`,
      at: { subject, version },
    }
    const request = (): Promise<unknown> => this.#api.Subject.version({ subject, version })
    type Answer = SchemaAnswer & Pick<SubjectVersion, 'id' | 'version'>
    const found = await unlessMissing<Answer>(request, call)
    if (found === undefined) return undefined
    return { ...definitionOf(found), subject, version: found.version, id: found.id }
  }

  async checkCompatibility(
    subject: string,
    schema: SchemaDefinition,
  ): Promise<CompatibilityResult> {
    const call = { what: `compare a schema with those of subject ${subject}`, at: { subject } }
    const body = bodyOf(schema)
    const request = (): Promise<unknown> =>
      this.#api.Subject.compatible({ subject, verbose: true, body })
    type Answer = { readonly is_compatible: boolean; readonly messages?: readonly string[] }
    const found = await unlessMissing<Answer>(request, call)
    // Confluent's registry says so of a subject that is not there, and of one without versions.
    if (found === undefined) return { isCompatible: true, messages: [] }
    return { isCompatible: found.is_compatible, messages: found.messages ?? [] }
  }

  async setCompatibility(subject: string, compatibility: Compatibility): Promise<void> {
    const body = { compatibility }
    const answer = await ask(() => this.#api.Subject.updateConfig({ subject, body }))
    if (answer.isGiven) return
    const what = `set the compatibility of subject ${subject} to ${compatibility}`
    throw errorOf(answer, { what, at: { subject } })
  }

  /** The registry's list of differences; where it has none, what it said when it refused. */
  async #differences(
    subject: string,
    schema: SchemaDefinition,
    refusal: RegistryAnswer,
  ): Promise<readonly string[]> {
    try {
      const { messages } = await this.checkCompatibility(subject, schema)
      if (messages.length > 0) return messages
    } catch {
      // The refusal is what is to be told, and it has words of its own.
    }
    return refusal.message === '' ? [] : [refusal.message]
  }
}

/** Credentials are in headers, so no URL and no message has them. */
function requestMiddleware({ auth, headers, requestTimeoutMs }: RegistryConfig): Middleware {
  return () => ({
    async prepareRequest(next) {
      const request = await next()
      const own: Record<string, string> = { ...headers }
      if (auth !== undefined && 'token' in auth) {
        const token = typeof auth.token === 'string' ? auth.token : await auth.token()
        own['Authorization'] = `Bearer ${token}`
      }
      return request.enhance({ headers: own, timeout: requestTimeoutMs })
    },
  })
}

function bodyOf({ type, text, references = [] }: SchemaDefinition): object {
  return {
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    schema: text,
    ...(references.length === 0 ? {} : { references }),
  }
}

function definitionOf({ schema, schemaType = 'AVRO', references }: SchemaAnswer): SchemaDefinition {
  const hasReferences = references !== undefined && references.length > 0
  return { type: schemaType, text: schema, ...(hasReferences ? { references } : {}) }
}

type Answered<T> = { readonly isGiven: true; readonly value: T }
type Refused = RegistryAnswer & { readonly isGiven: false }

async function ask<T>(request: () => Promise<unknown>): Promise<Answered<T> | Refused> {
  try {
    const response = (await request()) as { data(): T } // the client types nothing of its answers
    return { isGiven: true, value: response.data() }
  } catch (error) {
    return { isGiven: false, ...refusalOf(error) }
  }
}

async function unlessMissing<T>(
  request: () => Promise<unknown>,
  call: RegistryCall,
): Promise<T | undefined> {
  const answer = await ask<T>(request)
  if (answer.isGiven) return answer.value
  if (answer.status === HTTP_NOT_FOUND) return undefined
  throw errorOf(answer, call)
}

/** Of the client's own error the status and the text are left; it puts its name in front. */
function refusalOf(error: unknown): RegistryAnswer {
  if (!(error instanceof Error)) return { status: undefined, message: String(error) }
  const message = error.message.replace(`${CLIENT_ID} - `, '').trim()
  const status = 'status' in error ? Number(error.status) : undefined
  if (NO_ANSWER.test(message)) {
    return { status: undefined, message: message.replace(NO_ANSWER, ''), cause: error }
  }
  return { status, message, cause: error }
}
