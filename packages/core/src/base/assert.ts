/**
 * For mistakes of the programmer, never for input.
 *
 * @throws TypeError when `condition` is false.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new TypeError(message)
}

/** Makes the compiler check that a union was handled whole. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`)
}
