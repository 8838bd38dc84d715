/**
 * One column of `agg`: how it begins, what a record makes of it, and what it shows.
 *
 * `S` is what is stored of it, `R` what the row shows; both are plain data. `X` is 'subtract' for one that a
 * value can be taken out of again, which grouped tables need. Functions are pure, and do not change their arguments.
 */
export interface ColumnAggregate<
  in V,
  in out S,
  out R,
  out X extends Subtractability = Subtractability,
> {
  /** The column of nothing. */
  readonly init: () => S
  /** The column with a record more. */
  readonly add: (state: S, value: V) => S
  /** Of two sessions that have become one, the earlier one's state first. */
  readonly merge: (state: S, later: S) => S
  /** Takes a value out that has been added. */
  readonly subtract: X extends 'subtract' ? (state: S, value: V) => S : undefined
  /** What the row shows. Undefined: the state itself. */
  readonly result?: (state: S) => R
  /** True: `add` is also given null values, which the other columns ignore. */
  readonly takesNull?: boolean
}

export type Subtractability = 'subtract' | 'keep'

/** The number of records, those with null values included where the operator does not drop them. */
export function count(): ColumnAggregate<unknown, number, number, 'subtract'> {
  return COUNT
}

const COUNT: ColumnAggregate<unknown, number, number, 'subtract'> = {
  init: () => 0,
  add: (state) => state + 1,
  merge: (state, later) => state + later,
  subtract: (state) => state - 1,
  takesNull: true,
}

/** The sum of a number of each value. */
export function sum<V>(of: (value: V) => number): ColumnAggregate<V, number, number, 'subtract'> {
  return {
    init: () => 0,
    add: (state, value) => state + of(value),
    merge: (state, later) => state + later,
    subtract: (state, value) => state - of(value),
  }
}

/** What is stored of an average. */
export interface AverageState {
  readonly sum: number
  readonly count: number
}

/** The mean of a number of each value. NaN when a group of a table has none left. */
export function avg<V>(
  of: (value: V) => number,
): ColumnAggregate<V, AverageState, number, 'subtract'> {
  return {
    init: () => NO_AVERAGE,
    add: (state, value) => ({ sum: state.sum + of(value), count: state.count + 1 }),
    merge: (state, later) => ({ sum: state.sum + later.sum, count: state.count + later.count }),
    subtract: (state, value) => ({ sum: state.sum - of(value), count: state.count - 1 }),
    result: (state) => state.sum / state.count,
  }
}

const NO_AVERAGE: AverageState = { sum: 0, count: 0 }

/** The smallest of something of each value; texts are compared by UTF-16 units. */
export function min<V, T extends number | string>(
  of: (value: V) => T,
): ColumnAggregate<V, T | undefined, T, 'keep'> {
  return chosen(of, (next, best) => next < best)
}

/** The largest of something of each value; texts are compared by UTF-16 units. */
export function max<V, T extends number | string>(
  of: (value: V) => T,
): ColumnAggregate<V, T | undefined, T, 'keep'> {
  return chosen(of, (next, best) => next > best)
}

/** The value that was processed first; of merged sessions that of the earlier one. */
export function first<V>(): ColumnAggregate<V, V | undefined, V, 'keep'> {
  return chosen(itself<V>, () => false)
}

/** The value that was processed last; of merged sessions that of the later one. */
export function latest<V>(): ColumnAggregate<V, V | undefined, V, 'keep'> {
  return chosen(itself<V>, () => true)
}

/** The first `limit` values, in the order in which they were processed; sessions in the order of their times. */
export function collect<V>(limit: number): ColumnAggregate<V, readonly V[], readonly V[], 'keep'> {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new TypeError(`collect: the limit must be a whole number >= 1, is ${limit}`)
  }
  return {
    init: () => [],
    add: (state, value) => (state.length < limit ? [...state, value] : state),
    merge: (state, later) => [...state, ...later].slice(0, limit),
    subtract: undefined,
  }
}

/** One of the values; the state of a row with a record is never undefined. */
function chosen<V, T>(
  of: (value: V) => T,
  isBetter: (next: T, best: T) => boolean,
): ColumnAggregate<V, T | undefined, T, 'keep'> {
  const better = (best: T | undefined, next: T | undefined): T | undefined => {
    if (best === undefined || next === undefined) return best ?? next
    return isBetter(next, best) ? next : best
  }
  return {
    init: () => undefined,
    add: (best, value) => better(best, of(value)),
    merge: better,
    subtract: undefined,
  }
}

function itself<V>(value: V): V {
  return value
}
