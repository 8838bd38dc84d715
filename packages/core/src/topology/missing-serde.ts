import type { Serde } from '../serde/serde.ts'

/**
 * Stands where neither the user nor the upstream gave a serde. A topology that would use one does
 * not build: `build()` names the operator. A table that is never stored needs none.
 */
class MissingSerde implements Serde<never> {
  serialize(): never {
    throw new TypeError('no serde')
  }

  deserialize(): never {
    throw new TypeError('no serde')
  }
}

export const missingSerde: Serde<never> = new MissingSerde()

export function isMissing(serde: Serde<unknown>): boolean {
  return serde instanceof MissingSerde
}
