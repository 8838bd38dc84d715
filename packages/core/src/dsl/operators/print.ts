import type { ProcessorSupplier } from '../../processor/processor.ts'

export interface PrintRules<K, V> {
  readonly label: string
  readonly format: (key: K, value: V) => string
  readonly write: (line: string) => void
}

/** Writes a line `[label]: key, value` for each record, for a look while developing. */
export function print<K, V>({
  label,
  format,
  write,
}: PrintRules<K, V>): ProcessorSupplier<K, V, never, never> {
  return () => ({
    process(record) {
      write(`[${label}]: ${format(record.key, record.value)}\n`)
    },
  })
}

/** Strings as they are, everything else as JSON. */
export function formatPair(key: unknown, value: unknown): string {
  return `${formatOne(key)}, ${formatOne(value)}`
}

function formatOne(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || value === undefined) return String(value)
  return JSON.stringify(value)
}
