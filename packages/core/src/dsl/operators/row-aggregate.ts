import type { ColumnAggregate } from './column-aggregates.ts'

// `any` is the state of a column: only the column itself touches it.
/* eslint-disable @typescript-eslint/no-explicit-any */
/** Columns that take values of type `V`. */
export type Columns<V> = Readonly<Record<string, ColumnAggregate<V, any, unknown>>>

/** What a row shows. */
export type Row<C> = {
  readonly [N in keyof C]: C[N] extends ColumnAggregate<never, any, infer R> ? R : never
}

/** What is stored of a row. */
export type StoredRow<C> = {
  readonly [N in keyof C]: C[N] extends ColumnAggregate<never, infer S, unknown> ? S : never
}

/** What all of the columns can take. */
export type InputOf<C> = {
  [N in keyof C]: C[N] extends ColumnAggregate<infer V, any, unknown> ? (value: V) => void : never
}[keyof C] extends (value: infer I) => void
  ? I
  : never

/** `T` if a value can be taken out of each column again, else nothing. */
export type IfSubtractable<C, T> =
  C extends Readonly<Record<string, ColumnAggregate<never, any, unknown, 'subtract'>>> ? T : object
/* eslint-enable @typescript-eslint/no-explicit-any */

type AnyColumn = ColumnAggregate<unknown, unknown, unknown>
type States = Readonly<Record<string, unknown>>

/** Where a row keeps what its columns store, if it shows something else. No part of what the row shows. */
const STATES = Symbol('millrace.states')

/** Several aggregates side by side, as one aggregate: a row with a column each. */
export class RowAggregate {
  readonly #columns: readonly (readonly [name: string, column: AnyColumn])[]
  /** False: a row is its states. */
  readonly #hasResults: boolean

  constructor(columns: Columns<never>) {
    // Each column is given the values of the type that it takes, and its own states.
    this.#columns = Object.entries(columns as unknown as Readonly<Record<string, AnyColumn>>)
    this.#hasResults = this.#columns.some(([, { result }]) => result !== undefined)
    if (this.#columns.length === 0) throw new TypeError('agg: there is no column')
  }

  /** True when what is stored of a row is not what it shows. */
  get hasResults(): boolean {
    return this.#hasResults
  }

  init(): object {
    return this.#rowOf(this.#each((column) => column.init()))
  }

  /** @param names of the columns that take the value; the others stay. Undefined: all. */
  add(row: object, value: unknown, names?: ReadonlySet<string>): object {
    const states = this.statesOf(row)
    return this.#rowOf(
      this.#each((column, name) => {
        const isMeant = names === undefined || names.has(name)
        const isTaken = value !== null || column.takesNull === true
        return isMeant && isTaken ? column.add(states[name], value) : states[name]
      }),
    )
  }

  /** Columns that have no `subtract` stay: the types let no such row come here. */
  subtract(row: object, value: unknown): object {
    const states = this.statesOf(row)
    return this.#rowOf(
      this.#each((column, name) => column.subtract?.(states[name], value) ?? states[name]),
    )
  }

  merge(row: object, later: object): object {
    const states = this.statesOf(row)
    const laterStates = this.statesOf(later)
    return this.#rowOf(this.#each((column, name) => column.merge(states[name], laterStates[name])))
  }

  statesOf(row: object): States {
    if (!this.#hasResults) return row as States
    if (!(STATES in row)) throw new TypeError('agg: not a row of this aggregate')
    return row[STATES] as States
  }

  /** The row of what was stored. A column that is new has nothing stored, and begins anew. */
  rowOfStored(stored: States): object {
    return this.#rowOf(
      this.#each((column, name) => (name in stored ? stored[name] : column.init())),
    )
  }

  #rowOf(states: States): object {
    if (!this.#hasResults) return states
    const row = this.#each(({ result }, name) =>
      result === undefined ? states[name] : result(states[name]),
    )
    return Object.defineProperty(row, STATES, { value: states })
  }

  #each(make: (column: AnyColumn, name: string) => unknown): Record<string, unknown> {
    const row: Record<string, unknown> = {}
    for (const [name, column] of this.#columns) row[name] = make(column, name)
    return row
  }
}
