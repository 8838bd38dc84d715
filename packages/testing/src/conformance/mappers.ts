import { type NamedFunctions, wholeNumber } from './named.ts'
import { fieldOf, numberOf, show, text } from './text.ts'

export type Mapper = (key: unknown, value: unknown) => string | null
export type Predicate = (key: unknown, value: unknown) => boolean
export type Joiner = (key: unknown, left: unknown, right: unknown) => string | null

/** The mapper applied to the text of the value; null for null. */
function ofValue(change: (value: string) => string): Mapper {
  return (_key, value) => {
    const it = text(value)
    return it === null ? null : change(it)
  }
}

export const mappers: NamedFunctions<Mapper> = {
  kind: 'mapper',
  plain: {
    key: (key) => text(key),
    value: (_key, value) => text(value),
    null: () => null,
    show: (_key, value) => show(value),
    'key-value': (key, value) => `${show(key)}=${show(value)}`,
    upper: ofValue((value) => value.toUpperCase()),
    lower: ofValue((value) => value.toLowerCase()),
    length: ofValue((value) => String(value.length)),
  },
  withArgument: {
    const: (argument) => () => argument,
    'key-prefix': (argument) => {
      const length = wholeNumber(argument)
      return (key) => text(key)?.slice(0, length) ?? null
    },
    'key-field': (argument) => {
      const n = wholeNumber(argument)
      return (key) => fieldOf(key, n)
    },
    'null-if': (argument) => (_key, value) => (text(value) === argument ? null : text(value)),
    append: (argument) => ofValue((value) => value + argument),
    prepend: (argument) => ofValue((value) => argument + value),
    prefix: (argument) => {
      const length = wholeNumber(argument)
      return ofValue((value) => value.slice(0, length))
    },
    field: (argument) => {
      const n = wholeNumber(argument)
      return (_key, value) => fieldOf(value, n)
    },
  },
}

export const predicates: NamedFunctions<Predicate> = {
  kind: 'predicate',
  plain: {
    true: () => true,
    'key-null': (key) => key === null,
    'value-null': (_key, value) => value === null,
  },
  withArgument: {
    'key-is': (argument) => (key) => text(key) === argument,
    'value-is': (argument) => (_key, value) => text(value) === argument,
    'value-contains': (argument) => (_key, value) => text(value)?.includes(argument) ?? false,
    'length-gt': (argument) => {
      const length = wholeNumber(argument)
      return (_key, value) => (text(value)?.length ?? -1) > length
    },
    'number-gt': (argument) => {
      const bound = BigInt(wholeNumber(argument))
      return (_key, value) => value !== null && numberOf(value) > bound
    },
  },
}

export const joiners: NamedFunctions<Joiner> = {
  kind: 'joiner',
  plain: {
    concat: (_key, left, right) => `${show(left)}+${show(right)}`,
    'concat-key': (key, left, right) => `${show(key)}:${show(left)}+${show(right)}`,
    left: (_key, left) => text(left),
    right: (_key, _left, right) => text(right),
  },
  withArgument: {},
}
