import type { Enum, Field, Message, Type } from 'protobufjs'
import protobuf from 'protobufjs'
import { scalarCodec } from './scalar-codec.ts'

/** How values of Protobuf are in JavaScript. */
export interface ProtobufValueOptions {
  /** What 64-bit integers are. With 'number' one beyond 2^53 is an error, never another value. @defaultValue 'number' */
  readonly long?: 'number' | 'bigint'
  /** Names of fields as in the schema; else in camelCase, as Protobuf's JSON has them. @defaultValue false */
  readonly keepCase?: boolean
}

/** Between a value as an app has it and a value as protobufjs has it. */
export interface ValueCodec {
  /** @throws Error that says what does not fit; callers put the path in front */
  toWire(value: unknown): unknown
  fromWire(value: unknown): unknown
  /** Whether a field without presence leaves it out; undefined for messages. */
  isDefault(value: unknown): boolean
  readonly defaultValue: unknown
}

type Fields = Record<string, unknown>

interface FieldCodec {
  readonly name: string
  toWire(value: unknown): unknown
  fromWire(value: unknown): unknown
  /** Of proto2: there is no message without it. */
  readonly isRequired: boolean
  /** Undefined: a field that is not there stays so. */
  readonly defaultOf: (() => unknown) | undefined
  /** Not written, since a reader takes it so anyway. */
  isLeftOut(value: unknown): boolean
}

/**
 * Messages as plain objects: enum values by their names, 64-bit integers as numbers or bigints, bytes as Buffers.
 *
 * What Protobuf does not write comes out with its default: numbers as 0, text empty, lists and maps empty. Messages,
 * members of a oneof and `optional` fields are absent instead.
 */
export class MessageCodec {
  readonly #type: Type
  readonly #options: ProtobufValueOptions
  readonly #codecs: Map<Type, MessageCodec>
  #fields: readonly FieldCodec[] | undefined

  constructor(
    type: Type,
    options: ProtobufValueOptions,
    codecs: Map<Type, MessageCodec> = new Map(),
  ) {
    this.#type = type
    this.#options = options
    this.#codecs = codecs
    codecs.set(type, this)
  }

  toWire(value: unknown): Message {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError(`expected a message ${this.#type.name}, got ${kindOf(value)}`)
    }
    const message: Fields = {}
    for (const field of this.#all) {
      const own = (value as Fields)[field.name]
      if (own === undefined || own === null) {
        if (field.isRequired) throw new TypeError(`at /${field.name}: it is required`)
        continue
      }
      const wire = within(field.name, () => field.toWire(own))
      if (!field.isLeftOut(own)) message[field.name] = wire
    }
    return message as unknown as Message // plain objects are what its encoders take
  }

  fromWire(message: object): Fields {
    const value: Fields = {}
    for (const field of this.#all) {
      if (Object.hasOwn(message, field.name)) {
        const wire = (message as Fields)[field.name]
        value[field.name] = within(field.name, () => field.fromWire(wire))
      } else if (field.defaultOf !== undefined) value[field.name] = field.defaultOf()
    }
    return value
  }

  /** When first needed: messages may have fields of their own type. */
  get #all(): readonly FieldCodec[] {
    this.#fields ??= this.#type.fieldsArray.map((field) => this.#fieldCodec(field.resolve()))
    return this.#fields
  }

  #fieldCodec(field: Field): FieldCodec {
    const one = this.#valueCodec(field)
    const { name } = field
    if (field.map) return mapCodec(name, one)
    if (field.repeated) return listCodec(name, one)
    // With it, a field that has its default is told from one that is not there.
    const hasPresence = isMessage(field) || field.hasPresence
    return {
      name,
      isRequired: field.required,
      toWire: (value) => one.toWire(value),
      fromWire: (value) => one.fromWire(value),
      defaultOf: hasPresence ? undefined : () => one.defaultValue,
      isLeftOut: hasPresence ? () => false : (value) => one.isDefault(value),
    }
  }

  #valueCodec(field: Field): ValueCodec {
    const { resolvedType } = field
    if (resolvedType instanceof protobuf.Type) {
      const codec = this.#codecs.get(resolvedType) ?? this.#codecOf(resolvedType)
      return {
        toWire: (value) => codec.toWire(value),
        fromWire: (value) => codec.fromWire(value as object), // what the decoder made
        isDefault: () => false,
        defaultValue: undefined,
      }
    }
    if (resolvedType !== null) return enumCodec(resolvedType)
    return scalarCodec(field.type, this.#options.long ?? 'number')
  }

  #codecOf(type: Type): MessageCodec {
    return new MessageCodec(type, this.#options, this.#codecs)
  }
}

function isMessage({ resolvedType }: Field): boolean {
  return resolvedType instanceof protobuf.Type
}

function listCodec(name: string, one: ValueCodec): FieldCodec {
  return {
    name,
    isRequired: false,
    toWire(value) {
      if (!Array.isArray(value)) throw new TypeError(`expected an array, got ${kindOf(value)}`)
      return value.map((item, i) => within(String(i), () => one.toWire(item)))
    },
    fromWire: (value) => (value as unknown[]).map((item) => one.fromWire(item)), // what the decoder made
    defaultOf: () => [],
    isLeftOut: () => false,
  }
}

function mapCodec(name: string, one: ValueCodec): FieldCodec {
  const each = (value: unknown, convert: (item: unknown) => unknown): Fields => {
    if (typeof value !== 'object' || value === null) {
      throw new TypeError(`expected an object, got ${kindOf(value)}`)
    }
    const entries = Object.entries(value)
    return Object.fromEntries(entries.map(([key, item]) => [key, within(key, () => convert(item))]))
  }
  return {
    name,
    isRequired: false,
    toWire: (value) => each(value, (item) => one.toWire(item)),
    fromWire: (value) => each(value, (item) => one.fromWire(item)),
    defaultOf: () => ({}),
    isLeftOut: () => false,
  }
}

function enumCodec({ values, valuesById, name }: Enum): ValueCodec {
  const known = Object.keys(values)
  return {
    toWire(value) {
      const found = typeof value === 'string' ? values[value] : value
      // A number that has no name was read from a newer writer, and may be written again.
      if (typeof found === 'number' && Number.isInteger(found)) return found
      throw new TypeError(`${String(value)} is none of ${name}: ${known.join(', ')}`)
    },
    fromWire: (value) => valuesById[Number(value)] ?? value,
    isDefault: (value) => value === 0 || (typeof value === 'string' && values[value] === 0),
    defaultValue: valuesById[0] ?? 0,
  }
}

/** Puts the place in front of what went wrong there. */
function within<T>(place: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const below = said.startsWith('at /') ? said.slice('at '.length) : `: ${said}`
    throw new TypeError(`at /${place}${below}`, { cause: error })
  }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}
