/** A value that may have to be waited for. The hot path checks before it awaits: an `await` per record costs a tick. */
export type Awaitable<T> = T | PromiseLike<T>

/** True for a value that must be awaited. Cheaper than `instanceof`, and true for any thenable. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
