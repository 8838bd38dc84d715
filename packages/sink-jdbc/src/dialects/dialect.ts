import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { ParsedType } from '../options/column-type.ts'
import type { InsertMode } from '../options/jdbc-options.ts'
import type { Encoded } from '../rows/encode-value.ts'

/** A name in the database, exactly as it is there. */
export interface TableName {
  readonly schema: string | undefined
  readonly name: string
}

/** A column as the catalog of the database describes it. */
export interface CatalogColumn {
  readonly name: string
  /** For a cast. */
  readonly type: string
  /** With its size, for people. */
  readonly fullType: string
  /** Digits after the point of a decimal; undefined for any other type, and for a decimal without bounds. */
  readonly scale: number | undefined
  /** True when a row cannot be added without a value for it. */
  readonly isRequired: boolean
}

/** A table as the catalog describes it. */
export interface CatalogTable {
  readonly table: TableName
  readonly columns: readonly CatalogColumn[]
  /** Columns of the primary key and of other unique keys that `upsert` may rest on. */
  readonly uniqueKeys: readonly (readonly string[])[]
}

/** A column that is to be, or ought to be. */
export interface DeclaredColumn {
  readonly name: string
  readonly type: ParsedType
  readonly isNullable: boolean
  readonly isKey: boolean
}

/** A column that is written. */
export interface TargetColumn {
  readonly name: string
  readonly type: ParsedType
  /** {@link CatalogColumn.type} */
  readonly databaseType: string
}

/** What is written where, and how. */
export interface WriteTarget {
  readonly table: TableName
  readonly columns: readonly TargetColumn[]
  /** How many of the columns, from the first, are the primary key. */
  readonly keyLength: number
  readonly insertMode: InsertMode
}

/** Statements for one table as it is now. */
export interface TableWriter {
  /** Writes rows as the mode says. No key twice, but for 'insert'. Throws what the driver throws. */
  put(connection: SqlConnection, rows: readonly (readonly Encoded[])[]): Promise<void>
  /** Removes the rows of these keys; those that are not there do not matter. */
  delete(connection: SqlConnection, keys: readonly (readonly Encoded[])[]): Promise<void>
}

/** What the error of a driver means. */
export type SqlFault =
  /** A row is bad: its type, its length, a constraint. */
  | 'data'
  /** The transaction lost a deadlock or a race, or waited for a lock in vain: again, the whole of it. */
  | 'transaction'
  /** The database does not answer, or says that it will later. */
  | 'unavailable'
  /** A table, a column or a key is not there, or of another type. */
  | 'schema'
  /** Credentials, a right, a missing database, a setting. */
  | 'denied'
  /** No trusted connection, or none that is encrypted. */
  | 'untrusted'
  /** Anything else: a person has to look. */
  | 'unknown'

/** A position, as the target has it. */
export interface StoredPosition {
  readonly epoch: number
  readonly nextOffset: number
}

/** A partition of a sink: the key of a position. */
export interface PositionKey {
  readonly sinkId: string
  readonly topic: string
  readonly partition: number
}

/** What a batch moves. */
export interface PositionMove extends PositionKey {
  readonly epoch: number
  readonly from: number
  readonly to: number
}

/** Statements for the table of positions. */
export interface OffsetStatements {
  readonly createTable: string
  /** Adds the position or raises its epoch, in a transaction of its own, and gives what is stored then. */
  claim(
    connection: SqlConnection,
    claim: PositionKey & { readonly owner: string; readonly initialOffset: number },
  ): Promise<StoredPosition>
  /** True when epoch and position were as expected; the row is locked from then on. */
  move(connection: SqlConnection, move: PositionMove): Promise<boolean>
  /** What is stored now. */
  read(connection: SqlConnection, key: PositionKey): Promise<StoredPosition | undefined>
}

/** What is different from database to database, and not the driver's: text of statements, types, errors. */
export interface Dialect {
  /** Its name, for messages. */
  readonly name: string
  quote(identifier: string): string
  /** The type of a new column. */
  typeOf(column: DeclaredColumn): string
  /** Whether values of the declared type may be written to the column without loss. */
  accepts(declared: ParsedType, column: CatalogColumn): boolean
  /** Begins a transaction in which constraints are checked at once. */
  readonly begin: string
  /** Set up a new session. */
  readonly sessionSettings: readonly string[]
  /** Undefined when there is no such table. Names are matched exactly, else without regard to case. */
  readTable(connection: SqlConnection, table: TableName): Promise<CatalogTable | undefined>
  /** After the columns of `CREATE TABLE`: options of the table. */
  readonly tableOptions: string
  /** A statement that gives the column the declared type. */
  alterType(table: TableName, column: DeclaredColumn): string
  /** Runs `change` while no other process of Millrace changes a table. */
  underSchemaLock(connection: SqlConnection, change: () => Promise<void>): Promise<void>
  tableWriter(target: WriteTarget): TableWriter
  offsets(table: TableName): OffsetStatements
  classify(error: unknown): SqlFault
  /** What names the error in `at`: SQLSTATE, and the column and the constraint where they are told. */
  placeOf(error: unknown): Readonly<Record<string, string | number>>
}
