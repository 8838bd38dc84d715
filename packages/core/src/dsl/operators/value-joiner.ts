/** The value of a join's result. `key` is that of the result, and is only for reading. */
export type ValueJoiner<K, VL, VR, R> = (left: VL, right: VR, key: K) => R
