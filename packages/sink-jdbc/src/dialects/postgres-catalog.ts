import type { SqlConnection } from '../drivers/sql-connection.ts'
import type { CatalogColumn, CatalogTable, TableName } from './dialect.ts'

/*
 * Types are read without their size: a cast to varchar(5) cuts text off without a word, an assignment to the
 * column refuses it. Domains are kept: their checks hold for the cast.
 */

const FIND = `
  SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'f') AND lower(c.relname) = lower($1::text)
     AND CASE WHEN $2::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid)
              ELSE lower(n.nspname) = lower($2::text) END
   ORDER BY c.relname = $1::text DESC, n.nspname = $2::text DESC
   LIMIT 1`

const COLUMNS = `
  SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, -1) AS type,
         pg_catalog.format_type(a.atttypid, a.atttypmod) AS full_type,
         a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = '' AS is_required
    FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
   ORDER BY a.attnum`

const KEYS = `
  SELECT (SELECT json_agg(a.attname ORDER BY k.position)
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
           WHERE k.position <= i.indnkeyatts)::text AS columns
    FROM pg_catalog.pg_index i
   WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
     AND i.indexprs IS NULL`

/** Looks a table up in the catalog of PostgreSQL. */
export async function readPostgresTable(
  connection: SqlConnection,
  { schema, name }: TableName,
): Promise<CatalogTable | undefined> {
  const found = (await connection.execute(FIND, [name, schema ?? null])).rows[0]
  if (found === undefined) return undefined
  const oid = String(found['oid'])
  const columns = (await connection.execute(COLUMNS, [oid])).rows.map(columnFrom)
  const keys = (await connection.execute(KEYS, [oid])).rows
  return {
    table: { schema: String(found['schema']), name: String(found['name']) },
    columns,
    // The query makes JSON of names.
    uniqueKeys: keys.map((key) => JSON.parse(String(key['columns'])) as string[]),
  }
}

function columnFrom(row: Readonly<Record<string, unknown>>): CatalogColumn {
  const fullType = String(row['full_type'])
  const scale = /^numeric\(\d+,(\d+)\)/.exec(fullType)?.[1]
  return {
    name: String(row['name']),
    type: String(row['type']),
    fullType,
    scale: scale === undefined ? undefined : Number(scale),
    isRequired: row['is_required'] === true,
  }
}
