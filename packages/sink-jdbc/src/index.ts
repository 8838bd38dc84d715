export { jdbcSink } from './jdbc-sink.ts'
export type { ColumnType, ScalarColumnType } from './options/column-type.ts'
export type {
  ColumnOptions,
  InsertMode,
  JdbcSinkOptions,
  PrimaryKeyMode,
  RowSchema,
} from './options/jdbc-options.ts'
