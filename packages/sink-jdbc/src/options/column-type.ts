/** Types of a declared column, in words that are the same for every database. */
export type ScalarColumnType =
  | 'text'
  | 'int'
  | 'bigint'
  | 'double'
  | `decimal(${number},${number})`
  | 'boolean'
  | 'timestamp'
  | 'date'
  | 'json'
  | 'uuid'
  | 'bytes'

/** What a column holds; an array where the database has arrays (PostgreSQL). */
export type ColumnType = ScalarColumnType | `${ScalarColumnType}[]`

/** The kinds without their sizes. */
export type ScalarKind =
  | 'text'
  | 'int'
  | 'bigint'
  | 'double'
  | 'decimal'
  | 'boolean'
  | 'timestamp'
  | 'date'
  | 'json'
  | 'uuid'
  | 'bytes'

/** A type taken apart. `precision` and `scale` are 0 but for decimals. */
export interface ParsedType {
  readonly kind: ScalarKind
  readonly precision: number
  readonly scale: number
  readonly isArray: boolean
}

const SCALARS: ReadonlySet<string> = new Set([
  'text',
  'int',
  'bigint',
  'double',
  'boolean',
  'timestamp',
  'date',
  'json',
  'uuid',
  'bytes',
])

/** Undefined for what is no type. */
export function parseColumnType(text: string): ParsedType | undefined {
  const isArray = text.endsWith('[]')
  const scalar = isArray ? text.slice(0, -2) : text
  if (SCALARS.has(scalar)) {
    // SCALARS holds names of kinds only.
    return { kind: scalar as ScalarKind, precision: 0, scale: 0, isArray }
  }
  const match = /^decimal\((\d{1,4}), ?(\d{1,4})\)$/.exec(scalar)
  if (match === null) return undefined
  const precision = Number(match[1])
  const scale = Number(match[2])
  if (precision < 1 || scale > precision) return undefined
  return { kind: 'decimal', precision, scale, isArray }
}
