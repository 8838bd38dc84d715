/**
 * What two values of one key become. An error reaches the processing exception handler with the
 * name of the join.
 */
export type ValueJoiner<K, VL, VR, R> = (left: VL, right: VR, key: K) => R
