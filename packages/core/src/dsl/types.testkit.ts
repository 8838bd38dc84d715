/*
 * Types are tested by the compiler: a line that must not compile has @ts-expect-error, and
 * `type<X>()(value)` compiles only if the type of `value` is exactly X, any included.
 */

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters --
   two generic functions are alike only if A and B are the same type, which `extends` alone cannot tell */
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/* eslint-enable @typescript-eslint/no-unnecessary-type-parameters */

export function type<Expected>(): <Actual>(
  ...same: Equal<Actual, Expected> extends true ? [value: Actual] : [value: Expected, wrong: never]
) => void {
  return () => undefined
}
