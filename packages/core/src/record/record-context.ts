import type { Headers } from './headers.ts'
import type { RecordMetadata } from './record-metadata.ts'

/** What belongs to a record that is being sent, beside its key and value. */
export interface RecordContext {
  readonly timestampMs: number
  readonly headers: Headers
  /** Where the record was read of which it was made; undefined where no single one is known, as in punctuators. */
  readonly metadata: RecordMetadata | undefined
}
