import type { Sink } from '@millrace/core'

/** A sink that a topology can name, and that nothing is written to. */
export function unreadSink<K, V>(kind = 'test'): Sink<K, V> {
  const refuse = (): never => {
    throw new TypeError('nothing is written here')
  }
  return {
    kind,
    capabilities: { tier: 'idempotent' },
    open: refuse,
    claim: refuse,
    close: () => Promise.resolve(),
  }
}
