/** The three kinds of schemas, as registries name them. */
export type SchemaType = 'AVRO' | 'PROTOBUF' | 'JSON'

/** Another schema that a schema uses: `name` is how its text refers to it. */
export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** A schema as its author wrote it. */
export interface SchemaDefinition {
  readonly type: SchemaType
  readonly text: string
  /** @defaultValue none */
  readonly references?: readonly SchemaReference[]
}

/** A schema as a version of a subject. */
export interface SubjectVersion extends SchemaDefinition {
  readonly subject: string
  readonly version: number
  readonly id: number
}

/** What a subject asks of a new schema: that it reads what the last one wrote (BACKWARD), or the other way round. */
export type Compatibility =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE'

/** The answer to whether a schema may follow those of its subject. */
export interface CompatibilityResult {
  readonly isCompatible: boolean
  /** What differs, in the registry's words; some registries say nothing. */
  readonly messages: readonly string[]
}

/**
 * A schema registry, as the serdes need it. Put another client behind it where this package's own does not do;
 * `testSchemaRegistryClient` of `@millrace/schema-registry/testing` is its contract as tests.
 *
 * Errors are `MillraceError`s: `MR_SCHEMA_UNAVAILABLE` when the same call may succeed later, `MR_SCHEMA_ACCESS`,
 * `MR_SCHEMA_INVALID`, and what the methods say. No message has credentials. Calls may overlap; each ends by itself.
 */
export interface SchemaRegistryClient {
  /**
   * Gives the id of the schema, which becomes the latest of the subject unless it is there already.
   * @throws MillraceError `MR_SCHEMA_INCOMPATIBLE` with the subject and the differences
   */
  register(subject: string, schema: SchemaDefinition): Promise<number>
  /** The id of the schema if the subject has it; undefined else. */
  lookUp(subject: string, schema: SchemaDefinition): Promise<number | undefined>
  /** Undefined when the registry knows no such id. */
  schemaById(id: number): Promise<SchemaDefinition | undefined>
  /** Undefined when the subject, or the version of it, is not there. */
  schemaOf(subject: string, version: number | 'latest'): Promise<SubjectVersion | undefined>
  /** Whether `register` would take the schema. A subject that is not there takes all. */
  checkCompatibility(subject: string, schema: SchemaDefinition): Promise<CompatibilityResult>
  /** Sets what the subject asks of its next schemas; the subject may be new. */
  setCompatibility(subject: string, compatibility: Compatibility): Promise<void>
}
