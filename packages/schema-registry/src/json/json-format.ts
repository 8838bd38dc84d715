import { MillraceError } from '@millrace/core'
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { SchemaDefinition, SchemaReference } from '../client/schema-registry-client.ts'
import type { ResolvedSchema } from '../registry/schema-registry.ts'
import type { Decode, Encode, SchemaFormat } from '../serde/schema-format.ts'
import { HEADER_BYTES, writeHeader } from '../serde/wire-format.ts'
import type { JsonSchema } from './json-schema.ts'

export interface JsonFormatOptions {
  readonly schema?: JsonSchema<unknown> | object | string
  readonly references?: readonly SchemaReference[]
  readonly validate?: 'both' | 'serialize' | 'deserialize' | 'none'
  readonly ajv?: Options
}

/** Apicurio takes no schema without it for one of JSON Schema. */
const DRAFT_7 = 'http://json-schema.org/draft-07/schema#'

export class JsonFormat<T> implements SchemaFormat<T> {
  readonly type = 'JSON'
  readonly own: SchemaDefinition | undefined
  readonly #options: JsonFormatOptions

  constructor(options: JsonFormatOptions) {
    const { schema, references = [] } = options
    this.#options = options
    if (schema === undefined) return
    this.own = {
      type: 'JSON',
      text: textOf(schema),
      ...(references.length === 0 ? {} : { references }),
    }
    // At once, where nothing has to be fetched: a mistake in a schema is found when the serde is made.
    if (references.length === 0) compile({ text: this.own.text, uses: [] }, {})
  }

  recordName({ text }: SchemaDefinition): string | undefined {
    return (JSON.parse(text) as { title?: string }).title
  }

  encoder(schema: ResolvedSchema, id: number): Encode<T> {
    const validate = this.#validates('serialize') ? compile(schema, this.#options.ajv) : undefined
    return (value) => {
      if (validate?.(value) === false) throw invalid(validate.errors)
      const text = JSON.stringify(value) as string | undefined // undefined for functions, symbols, undefined
      if (text === undefined) throw new TypeError(`not a JSON value: ${typeof value}`)
      const bytes = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text))
      writeHeader(bytes, id)
      bytes.write(text, HEADER_BYTES)
      return bytes
    }
  }

  decoder(writer: ResolvedSchema, own: ResolvedSchema | undefined): Decode<T> {
    // Fields that are new in the reader's schema get their defaults; in what is written nothing is put in.
    const ajv = { useDefaults: true, ...this.#options.ajv }
    const validate = this.#validates('deserialize') ? compile(own ?? writer, ajv) : undefined
    return (bytes) => {
      const value: unknown = JSON.parse(bytes.toString('utf8', HEADER_BYTES))
      if (validate?.(value) === false) throw invalid(validate.errors)
      return value as T // the user's claim about the schema
    }
  }

  #validates(when: 'serialize' | 'deserialize'): boolean {
    const { validate = 'both' } = this.#options
    return validate === 'both' || validate === when
  }
}

function textOf(schema: JsonSchema<unknown> | object | string): string {
  if (typeof schema === 'string') return schema
  const plain = isTyped(schema) ? schema.schema : schema
  return JSON.stringify('$schema' in plain ? plain : { $schema: DRAFT_7, ...plain })
}

/** A JSON Schema has no keyword `schema`. */
function isTyped(schema: object): schema is JsonSchema<unknown> {
  return 'schema' in schema && typeof schema.schema === 'object'
}

function compile(
  { text, uses }: Pick<ResolvedSchema, 'text' | 'uses'>,
  options: Options = {},
): ValidateFunction {
  try {
    const schema = JSON.parse(text) as { $schema?: string }
    // Schemas of others may have keywords and formats that this library does not know.
    const lenient = { strict: false, validateFormats: options.formats !== undefined, logger: false }
    const ajv = ajvOf(schema.$schema ?? DRAFT_7, { ...lenient, ...options } as Options)
    for (const { name, text: used } of uses) ajv.addSchema(JSON.parse(used) as object, name)
    return ajv.compile(schema)
  } catch (error) {
    throw new MillraceError('MR_SCHEMA_INVALID', 'A JSON Schema is not valid', {
      cause: error,
      hint: 'Correct the schema; the cause says what is wrong with it. Drafts 7, 2019-09 and 2020-12 are known.',
    })
  }
}

function ajvOf(draft: string, options: Options): Ajv | Ajv2019 | Ajv2020 {
  if (draft.includes('2020-12')) return new Ajv2020(options)
  if (draft.includes('2019-09')) return new Ajv2019(options)
  return new Ajv(options)
}

function invalid(errors: readonly ErrorObject[] | null | undefined): TypeError {
  const places = (errors ?? []).map(
    ({ instancePath, message = '' }) =>
      `at ${instancePath === '' ? '/' : instancePath}: ${message}`,
  )
  return new TypeError(places.length === 0 ? 'it is not valid' : places.join('; '))
}
