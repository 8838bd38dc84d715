import type { Logger } from '@millrace/core'
import type { Dialect, TableName, TableWriter } from '../dialects/dialect.ts'
import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { JdbcConfig } from '../options/resolve-options.ts'
import { prepareTable } from './prepare-table.ts'

interface Target {
  readonly writer: TableWriter
  /** All that the statements rest on. */
  readonly print: string
}

/** The tables of a sink as they were when they were last looked at, with the statements that fit them. */
export class TableTargets<K, V> {
  readonly #dialect: Dialect
  readonly #config: JdbcConfig<K, V>
  readonly #logger: Logger
  readonly #targets = new Map<string, Target>()

  constructor(dialect: Dialect, config: JdbcConfig<K, V>, logger: Logger) {
    this.#dialect = dialect
    this.#config = config
    this.#logger = logger
  }

  /** The statements for the table of a topic. Looks at the table only the first time. */
  async get(connection: SqlConnection, topic: string): Promise<TableWriter> {
    const known = this.#targets.get(topic)
    return known?.writer ?? (await this.#look(connection, topic)).writer
  }

  /** Looks at the table again. True when it is not as it was. */
  async refresh(connection: SqlConnection, topic: string): Promise<boolean> {
    const before = this.#targets.get(topic)?.print
    return (await this.#look(connection, topic)).print !== before
  }

  async #look(connection: SqlConnection, topic: string): Promise<Target> {
    const { columns, keyLength, insertMode, autoCreate, autoEvolve, tableFormat } = this.#config
    const target = await prepareTable(
      { connection, dialect: this.#dialect, logger: this.#logger },
      {
        table: tableName(tableFormat, topic),
        columns: columns.map((column, i) => ({
          name: column.name,
          type: column.type,
          isNullable: column.isNullable,
          isKey: i < keyLength,
        })),
        keyLength,
        insertMode,
        autoCreate,
        autoEvolve,
      },
    )
    const print = JSON.stringify(target)
    const known = this.#targets.get(topic)
    if (known?.print === print) return known
    const entry = { writer: this.#dialect.tableWriter(target), print }
    this.#targets.set(topic, entry)
    return entry
  }
}

/** `schema.table` of the format; dots in the name of a topic divide nothing. */
export function tableName(format: string, topic: string): TableName {
  const parts = format.split('.').map((part) => part.replaceAll('${topic}', topic))
  const [first = '', second] = parts
  return second === undefined ? { schema: undefined, name: first } : { schema: first, name: second }
}
