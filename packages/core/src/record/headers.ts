/** One record header. Names may repeat, order is kept, a value may be null: as in Kafka. */
export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

/** The headers of a record, in order; names may repeat. */
export type Headers = readonly Header[]

/** The one empty list, so that a record without headers allocates none. */
export const NO_HEADERS: Headers = Object.freeze([])
