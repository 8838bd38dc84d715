import type { Duration, SinkRecord } from '@millrace/core'
import type { ConnectionOptions } from 'node:tls'
import type { ColumnType } from './column-type.ts'

/** What becomes of the rows. */
export type InsertMode =
  /** Adds a row a record. A key that is there already is refused by the database: the record is rejected. */
  | 'insert'
  /** Adds the row, or replaces the columns of the one that is there. */
  | 'upsert'
  /** Changes the row that is there; a record without one changes nothing. */
  | 'update'
  /** Adds the row unless one with its key is there: the first one stays. */
  | 'ignore'

/** Where the primary key comes from. */
export type PrimaryKeyMode =
  /** There is none. */
  | 'none'
  /** Topic, partition, offset, and which one of those that operators made of that offset. */
  | 'kafka'
  /** The record's key: a plain value in one column, or fields of an object. */
  | 'recordKey'
  /** Fields of the record's value. */
  | 'recordValue'

/** A column of the table, and where it comes from. */
export interface ColumnOptions<K, V> {
  readonly type: ColumnType
  /** Name in the table. @defaultValue the name in `schema` */
  readonly column?: string
  /** Whether null may be written. Columns of the primary key never take it. @defaultValue true */
  readonly nullable?: boolean
  /** Computes it. @defaultValue the field of the value, or of the key for `pkMode: 'recordKey'`, with the name in `schema` */
  readonly value?: (record: SinkRecord<K, V>) => unknown
}

/** The columns that are written. The names are fields of the records, and columns where `column` does not say otherwise. */
export type RowSchema<K, V> = Readonly<Record<string, ColumnType | ColumnOptions<K, V>>>

/**
 * Options of {@link jdbcSink}. Names follow the JDBC sink of Kafka Connect.
 */
export interface JdbcSinkOptions<K, V> {
  /**
   * `jdbc:postgresql://host:5432/database`, `jdbc:mariadb://host:3306/database`, `jdbc:mysql://…`,
   * `jdbc:sqlite:path/to/file.db`. Properties that are not known are refused.
   */
  readonly connectionUrl: string
  /** @defaultValue the URL's */
  readonly connectionUser?: string
  /** Never in logs or errors. @defaultValue the URL's */
  readonly connectionPassword?: string
  /**
   * For TLS: certificate authorities, a client certificate. Turns TLS on, with certificate and name of the host
   * verified, unless the URL asks for less. PostgreSQL, MariaDB and MySQL, without `servername` and
   * `checkServerIdentity` for the latter two. @defaultValue what the URL says
   */
  readonly tls?: ConnectionOptions
  /** The table, as `orders` or `shop.orders`. This or `tableNameFormat`. */
  readonly table?: string
  /** The table by topic: `${topic}` stands for its name. @defaultValue '${topic}' without a `table` */
  readonly tableNameFormat?: string
  /** What is written, and its types. */
  readonly schema: RowSchema<K, V>
  /** Names of `schema` that are written; those of the primary key always are. @defaultValue all */
  readonly fieldsWhitelist?: readonly string[]
  /**
   * 'exactly_once' keeps positions in a table of the same database, in the transaction of the rows. 'idempotent'
   * needs no such table, but a primary key and a mode that has the same effect however often: then a record
   * is written at least once, with the effect of once.
   * @defaultValue 'exactly_once'
   */
  readonly deliveryGuarantee?: 'exactly_once' | 'idempotent'
  /** The table of positions. @defaultValue 'millrace_sink_offsets' */
  readonly offsetTable?: string
  /** @defaultValue 'insert' */
  readonly insertMode?: InsertMode
  /** @defaultValue 'none' */
  readonly pkMode?: PrimaryKeyMode
  /**
   * Names of `schema` that are the primary key. For 'kafka' the names of its four columns.
   * @defaultValue for 'kafka' `kafka_topic`, `kafka_partition`, `kafka_offset`, `kafka_index`
   */
  readonly pkFields?: readonly string[]
  /**
   * What a record without a value does. 'delete' removes the row of its key (`pkMode: 'recordKey'`), 'ignore'
   * nothing, 'reject' makes it a rejected record.
   * @defaultValue 'reject'
   */
  readonly onTombstone?: 'delete' | 'ignore' | 'reject'
  /** Creates the table when it is not there. @defaultValue false */
  readonly autoCreate?: boolean
  /** Adds columns of `schema` that the table lacks; they must be nullable. Never changes or drops one. @defaultValue false */
  readonly autoEvolve?: boolean
  /** Connections at most; each partition uses one while it writes. SQLite has one. @defaultValue 10 */
  readonly maxConnections?: number
  /** For a connection to be made. @defaultValue 10 seconds, or the URL's */
  readonly connectTimeout?: Duration
  /** For one statement, waits for locks included. @defaultValue 60 seconds */
  readonly requestTimeout?: Duration
  /**
   * How often a transaction that lost a deadlock, or found a SQLite file locked, is done again at once, before the
   * batch is put back to be retried with the sink's backoff. @defaultValue 10
   */
  readonly maxRetries?: number
}
