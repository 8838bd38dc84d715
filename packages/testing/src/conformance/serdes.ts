import { serdes, type Serde } from '@millrace/core'
import type { SerdeName } from './scenario-node.ts'

/** The values of a scenario carry no static type: their serde checks them. */
export const valueSerdes: Readonly<Record<SerdeName, Serde<unknown>>> = {
  string: checked(serdes.string, (value) => typeof value === 'string'),
  long: checked(serdes.long, (value) => typeof value === 'number'),
  integer: checked(serdes.integer, (value) => typeof value === 'number'),
}

/** Keys are strings. */
export const keySerde: Serde<unknown> = valueSerdes.string

function checked<T>(serde: Serde<T>, isOfType: (value: unknown) => value is T): Serde<unknown> {
  return {
    serialize(value, topic) {
      if (!isOfType(value)) throw new TypeError(`a ${typeof value} does not fit the serde`)
      return serde.serialize(value, topic)
    },
    deserialize: (bytes, topic) => serde.deserialize(bytes, topic),
  }
}

/** A value of a file as the serde has it: texts of numbers are numbers for a number serde, and the other way round. */
export function valueOfSerde(value: string | number | null, serde: SerdeName): unknown {
  if (value === null) return null
  return serde === 'string' ? String(value) : Number(value)
}
