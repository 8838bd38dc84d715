import { MillraceError } from '@millrace/core'
import type { Logger } from '@millrace/core'
import type {
  CatalogColumn,
  CatalogTable,
  DeclaredColumn,
  Dialect,
  TableName,
  WriteTarget,
} from '../dialects/dialect.ts'
import { addColumn, addKey, createTable, quoteTable } from '../dialects/statements.ts'
import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { InsertMode } from '../options/jdbc-options.ts'

/** What the table ought to be. */
export interface TableDeclaration {
  readonly table: TableName
  readonly columns: readonly DeclaredColumn[]
  readonly keyLength: number
  readonly insertMode: InsertMode
  readonly autoCreate: boolean
  readonly autoEvolve: boolean
}

/** Where a table is looked at, and changed. */
export interface TableSurroundings {
  readonly connection: SqlConnection
  readonly dialect: Dialect
  readonly logger: Logger
}

/**
 * Looks the table up, creates or extends it where that is wanted, and checks that it takes what is declared.
 *
 * @throws MillraceError `MR_SINK_FAILED` whose hint has the statement to run.
 */
export async function prepareTable(
  { connection, dialect, logger }: TableSurroundings,
  declaration: TableDeclaration,
): Promise<WriteTarget> {
  let catalog = await dialect.readTable(connection, declaration.table)
  const changes = changesFor(dialect, declaration, catalog)
  if (changes.length > 0) {
    await change(connection, dialect, async () => {
      // Another process may have made the changes while this one waited for the lock.
      const now = await dialect.readTable(connection, declaration.table)
      for (const sql of changesFor(dialect, declaration, now)) {
        logger.info('sink: a table is changed', { sql })
        await connection.run(sql)
      }
    })
    catalog = await dialect.readTable(connection, declaration.table)
  }
  if (catalog === undefined) throw missingTable(dialect, declaration)
  return targetOf(dialect, declaration, catalog)
}

/** Runs `work` under the lock of schema changes, and leaves no transaction open. */
export async function change(
  connection: SqlConnection,
  dialect: Dialect,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await dialect.underSchemaLock(connection, work)
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => {
      // There is no transaction left, or no connection: it is not used again.
      connection.destroy()
    })
    throw error
  }
}

function changesFor(
  dialect: Dialect,
  declaration: TableDeclaration,
  catalog: CatalogTable | undefined,
): readonly string[] {
  const { table, columns, autoCreate, autoEvolve } = declaration
  if (catalog === undefined) {
    if (!autoCreate) throw missingTable(dialect, declaration)
    return [createTable(dialect, table, columns)]
  }
  const missing = columns.filter(({ name }) => findColumn(catalog, name) === undefined)
  return missing.map((column) => {
    const sql = addColumn(dialect, catalog.table, column)
    if (autoEvolve && column.isNullable) return sql
    throw new MillraceError(
      'MR_SINK_FAILED',
      `Table ${quoteTable(dialect, catalog.table)} has no column ${column.name}`,
      {
        at: { table: catalog.table.name, column: column.name },
        hint: autoEvolve
          ? `autoEvolve adds nullable columns only. Run: ${sql}`
          : `Run: ${sql}${column.isNullable ? ', or set autoEvolve.' : ''}`,
      },
    )
  })
}

function missingTable(dialect: Dialect, { table, columns }: TableDeclaration): MillraceError {
  return new MillraceError('MR_SINK_FAILED', `There is no table ${quoteTable(dialect, table)}`, {
    at: { table: table.name },
    hint: `Run: ${createTable(dialect, table, columns)}, or set autoCreate.`,
  })
}

function targetOf(
  dialect: Dialect,
  declaration: TableDeclaration,
  catalog: CatalogTable,
): WriteTarget {
  const { columns, keyLength, insertMode } = declaration
  const found = columns.map((declared) => {
    const column = findColumn(catalog, declared.name)
    if (column === undefined) throw missingTable(dialect, declaration)
    checkType(dialect, catalog, declared, column)
    return { name: column.name, type: declared.type, databaseType: column.type }
  })
  const names = found.map(({ name }) => name)
  if (insertMode !== 'update') checkRequired(dialect, catalog, names)
  if (insertMode === 'upsert' || insertMode === 'ignore') {
    checkKey(dialect, catalog, names.slice(0, keyLength))
  }
  return { table: catalog.table, columns: found, keyLength, insertMode }
}

/** The column of that name, else the one that differs in case only. */
function findColumn({ columns }: CatalogTable, name: string): CatalogColumn | undefined {
  const folded = name.toLowerCase()
  return (
    columns.find((column) => column.name === name) ??
    columns.find((column) => column.name.toLowerCase() === folded)
  )
}

function checkType(
  dialect: Dialect,
  { table }: CatalogTable,
  declared: DeclaredColumn,
  column: CatalogColumn,
): void {
  if (dialect.accepts(declared.type, column)) return
  throw new MillraceError(
    'MR_SINK_FAILED',
    `Column ${column.name} of ${quoteTable(dialect, table)} is ${column.fullType}, which does not hold what schema declares`,
    {
      at: { table: table.name, column: column.name },
      hint: `Declare another type, or run: ${dialect.alterType(table, { ...declared, name: column.name })}`,
    },
  )
}

function checkRequired(
  dialect: Dialect,
  { table, columns }: CatalogTable,
  written: readonly string[],
): void {
  const column = columns.find(({ isRequired, name }) => isRequired && !written.includes(name))
  if (column === undefined) return
  const name = dialect.quote(column.name)
  throw new MillraceError(
    'MR_SINK_FAILED',
    `Column ${column.name} of ${quoteTable(dialect, table)} takes no null, has no default, and is not in schema`,
    {
      at: { table: table.name, column: column.name },
      hint: `Declare ${column.name} in schema, or give it a default: ALTER TABLE ${quoteTable(dialect, table)} ALTER COLUMN ${name} SET DEFAULT …`,
    },
  )
}

function checkKey(
  dialect: Dialect,
  { table, uniqueKeys }: CatalogTable,
  key: readonly string[],
): void {
  const isKey = (columns: readonly string[]): boolean =>
    columns.length === key.length && key.every((name) => columns.includes(name))
  if (uniqueKeys.some(isKey)) return
  throw new MillraceError(
    'MR_SINK_FAILED',
    `Table ${quoteTable(dialect, table)} has no primary or unique key of ${key.join(', ')}`,
    { at: { table: table.name }, hint: `Run: ${addKey(dialect, { table, uniqueKeys }, key)}` },
  )
}
