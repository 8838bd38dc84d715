import { MillraceError } from '@millrace/core'
import { incompatible } from '../client/registry-answer.ts'
import type {
  Compatibility,
  CompatibilityResult,
  SchemaDefinition,
  SchemaRegistryClient,
  SubjectVersion,
} from '../client/schema-registry-client.ts'
import { differences, parseSchema } from './schema-differences.ts'

/**
 * A schema registry in memory, for tests: one that other serdes of the test share by sharing the object.
 *
 * It passes the contract that real registries do, `testSchemaRegistryClient`. What it knows of compatibility is the
 * common part: all of Avro; of Protobuf and JSON Schema fields that change their types, and fields that become required.
 */
export class MockSchemaRegistry implements SchemaRegistryClient {
  readonly #definitions: SchemaDefinition[] = []
  readonly #subjects = new Map<string, SubjectVersion[]>()
  readonly #levels = new Map<string, Compatibility>()
  readonly #defaultLevel: Compatibility
  /** What each call rejects with while it is set: an outage, or a refusal. */
  failure: MillraceError | undefined
  /** What was asked for, in order: `register orders-value`, `id 3` … */
  readonly requests: string[] = []

  constructor({ compatibility = 'BACKWARD' }: { readonly compatibility?: Compatibility } = {}) {
    this.#defaultLevel = compatibility
  }

  async register(subject: string, schema: SchemaDefinition): Promise<number> {
    await this.#request(`register ${subject}`)
    const known = this.#find(subject, schema)
    if (known !== undefined) return known.id
    this.#check(schema)
    const found = this.#differences(subject, schema)
    if (found.length > 0) throw incompatible(subject, found)
    const versions = this.#subjects.get(subject) ?? []
    this.#subjects.set(subject, versions)
    const version = (versions.at(-1)?.version ?? 0) + 1
    const id = this.#idOf(schema)
    versions.push({ ...schema, subject, version, id })
    return id
  }

  async lookUp(subject: string, schema: SchemaDefinition): Promise<number | undefined> {
    await this.#request(`look up ${subject}`)
    return this.#find(subject, schema)?.id
  }

  async schemaById(id: number): Promise<SchemaDefinition | undefined> {
    await this.#request(`id ${id}`)
    return this.#definitions[id - 1]
  }

  async schemaOf(subject: string, version: number | 'latest'): Promise<SubjectVersion | undefined> {
    await this.#request(`version ${version} of ${subject}`)
    const versions = this.#subjects.get(subject)
    return version === 'latest'
      ? versions?.at(-1)
      : versions?.find((one) => one.version === version)
  }

  async checkCompatibility(
    subject: string,
    schema: SchemaDefinition,
  ): Promise<CompatibilityResult> {
    await this.#request(`compare ${subject}`)
    const messages = this.#differences(subject, schema)
    return { isCompatible: messages.length === 0, messages }
  }

  async setCompatibility(subject: string, compatibility: Compatibility): Promise<void> {
    await this.#request(`compatibility of ${subject}`)
    this.#levels.set(subject, compatibility)
  }

  async #request(what: string): Promise<void> {
    this.requests.push(what)
    // An answer takes a while, as one over the network does: what relies on it being there already is found.
    await new Promise((resolve) => setImmediate(resolve))
    if (this.failure !== undefined) throw this.failure
  }

  #check(schema: SchemaDefinition): void {
    try {
      parseSchema(schema, this.#uses(schema))
    } catch (error) {
      throw new MillraceError('MR_SCHEMA_INVALID', `The ${schema.type} schema is not valid`, {
        cause: error,
        hint: 'Correct the schema.',
      })
    }
  }

  #differences(subject: string, schema: SchemaDefinition): readonly string[] {
    const level = this.#levels.get(subject) ?? this.#defaultLevel
    const versions = this.#subjects.get(subject) ?? []
    const compared = level.endsWith('_TRANSITIVE') ? versions : versions.slice(-1)
    const readsOld = level.startsWith('BACKWARD') || level.startsWith('FULL')
    const readByOld = level.startsWith('FORWARD') || level.startsWith('FULL')
    return compared.flatMap((old) => [
      ...(readsOld ? this.#cannotRead(schema, old) : []),
      ...(readByOld ? this.#cannotRead(old, schema) : []),
    ])
  }

  #cannotRead(reader: SchemaDefinition, writer: SchemaDefinition): readonly string[] {
    if (reader.type !== writer.type) return [`the kind was ${writer.type}, and is ${reader.type}`]
    return differences(
      parseSchema(reader, this.#uses(reader)),
      parseSchema(writer, this.#uses(writer)),
    )
  }

  #uses({ references = [] }: SchemaDefinition): readonly string[] {
    return references.flatMap(({ subject, version }) => {
      const found = this.#subjects.get(subject)?.find((one) => one.version === version)
      return found === undefined ? [] : [...this.#uses(found), found.text]
    })
  }

  #find(subject: string, schema: SchemaDefinition): SubjectVersion | undefined {
    return this.#subjects.get(subject)?.find((one) => isSame(one, schema))
  }

  /** A schema has one id, in whatever subjects it is. */
  #idOf({ type, text, references }: SchemaDefinition): number {
    const schema = { type, text, ...(references === undefined ? {} : { references }) }
    const found = this.#definitions.findIndex((one) => isSame(one, schema))
    return found < 0 ? this.#definitions.push(schema) : found + 1
  }
}

function isSame(a: SchemaDefinition, b: SchemaDefinition): boolean {
  const references = [a, b].map((one) => JSON.stringify(one.references ?? []))
  return a.type === b.type && a.text === b.text && references[0] === references[1]
}
