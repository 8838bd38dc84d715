import type { NamedFunctions } from './named.ts'
import { numberOf, show, text } from './text.ts'

/** Of a value and the aggregate so far. */
export type Aggregator = (value: unknown, aggregate: unknown) => string | null

/** Of the value so far and the new one; `first` and `last` keep its type. */
export type Reducer = (sofar: unknown, value: unknown) => unknown

export const aggregators: NamedFunctions<Aggregator> = {
  kind: 'aggregator',
  plain: {
    concat: (value, aggregate) => show(aggregate) + show(value),
    sum: (value, aggregate) => String(numberOf(aggregate) + numberOf(value)),
    'sum-sub': (value, aggregate) => String(numberOf(aggregate) - numberOf(value)),
    'sum-sub-or-null': (value, aggregate) => differenceOrNull(aggregate, value),
    'sum-length': (value, aggregate) => String(numberOf(aggregate) + BigInt(show(value).length)),
    'concat-add': (value, aggregate) => `(${show(aggregate)}+${show(value)})`,
    'concat-sub': (value, aggregate) => `(${show(aggregate)}-${show(value)})`,
  },
  withArgument: {
    'concat-tag': (tag) => (value, aggregate) => `${show(aggregate)}${tag}(${show(value)})`,
    'null-if': (argument) => (value, aggregate) =>
      text(value) === argument ? null : show(aggregate) + show(value),
  },
}

export const reducers: NamedFunctions<Reducer> = {
  kind: 'reducer',
  plain: {
    concat: (sofar, value) => show(sofar) + show(value),
    max: (sofar, value) => (comparable(sofar) >= comparable(value) ? sofar : value),
    min: (sofar, value) => (comparable(sofar) <= comparable(value) ? sofar : value),
    first: (sofar) => sofar,
    last: (_sofar, value) => value,
    sum: (sofar, value) => String(numberOf(sofar) + numberOf(value)),
    'null-if-equal': (sofar, value) => (sofar === value ? null : show(sofar) + show(value)),
    'concat-add': (sofar, value) => `(${show(sofar)}+${show(value)})`,
    'concat-sub': (sofar, value) => `(${show(sofar)}-${show(value)})`,
    'sum-sub': (sofar, value) => String(numberOf(sofar) - numberOf(value)),
    'sum-sub-or-null': (sofar, value) => differenceOrNull(sofar, value),
  },
  withArgument: {},
}

function differenceOrNull(a: unknown, b: unknown): string | null {
  const difference = numberOf(a) - numberOf(b)
  return difference === 0n ? null : String(difference)
}

/** Null is no text, and fails the record, as it does in the recorded runs. */
function comparable(value: unknown): string {
  const found = text(value)
  if (found === null) throw new TypeError('null cannot be compared')
  return found
}
