import type { Serde } from './serde.ts'

/** A serde whose values have another form in stores, which holds more than they show. */
export interface StoredFormSerde<T> extends Serde<T> {
  readonly storedForm: Serde<T>
}

/** The serde for a store of such values, and for its changelog. */
export function storedForm<T>(serde: Serde<T>): Serde<T> {
  return 'storedForm' in serde ? (serde as StoredFormSerde<T>).storedForm : serde // has one
}
