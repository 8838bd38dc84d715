import type { ColumnType } from './options/column-type.ts'

/** A database, as the tests of behaviour see it. */
export interface TestedDatabase {
  readonly name: string
  readonly kind: 'postgresql' | 'mariadb' | 'mysql' | 'sqlite'
  readonly jdbcUrl: string
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Column `v` by `id`: numbers for doubles, hexadecimal for bytes, else text. */
  readColumn(table: string, type: ColumnType): Promise<readonly unknown[]>
}

/** MariaDB as well. */
export function isMysql({ kind }: Pick<TestedDatabase, 'kind'>): boolean {
  return kind === 'mariadb' || kind === 'mysql'
}

let tables = 0

/** A name that no other test of this process has. */
export function freshTable(): string {
  return `fresh_${++tables}`
}

/** How a column is read as text. */
export function textOf(kind: TestedDatabase['kind'], type: ColumnType): string {
  if (type === 'double') return 'v'
  if (kind === 'postgresql') return type === 'bytes' ? "encode(v, 'hex')" : 'v::text'
  if (type === 'bytes') return 'CASE WHEN v IS NOT NULL THEN lower(hex(v)) END'
  return kind === 'sqlite' ? 'CAST(v AS TEXT)' : 'CAST(v AS CHAR)'
}
