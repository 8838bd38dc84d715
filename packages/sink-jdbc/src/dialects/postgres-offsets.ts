import type { OffsetStatements, StoredPosition } from './dialect.ts'
import type { SqlResult } from '../drivers/sql-connection.ts'

/**
 * Positions in PostgreSQL. A claim waits for the lock that an open transaction of the last writer holds, and then
 * returns the position which that one left.
 */
export function postgresOffsets(table: string): OffsetStatements {
  const key = 'sink_id = $1 AND topic = $2 AND part = $3::int'
  const claim = `
    INSERT INTO ${table} AS o (sink_id, topic, part, epoch, owner, next_offset, updated_at)
    VALUES ($1, $2, $3::int, 1, $4, $5::bigint, now())
    ON CONFLICT (sink_id, topic, part) DO UPDATE
      SET epoch = o.epoch + 1, owner = EXCLUDED.owner, updated_at = now()
    RETURNING epoch, next_offset`
  const move = `
    UPDATE ${table} SET next_offset = $4::bigint, updated_at = now()
     WHERE ${key} AND epoch = $5::bigint AND next_offset = $6::bigint`
  const read = `SELECT epoch, next_offset FROM ${table} WHERE ${key}`
  return {
    createTable: `CREATE TABLE IF NOT EXISTS ${table} (
      sink_id text NOT NULL, topic text NOT NULL, part integer NOT NULL, epoch bigint NOT NULL, owner text,
      next_offset bigint NOT NULL, updated_at timestamptz, PRIMARY KEY (sink_id, topic, part))`,
    async claim(connection, { sinkId, topic, partition, owner, initialOffset }) {
      const values = [sinkId, topic, partition, owner, initialOffset]
      const stored = positionIn(await connection.execute(claim, values))
      if (stored === undefined) throw new TypeError('a claim returned no row')
      return stored
    },
    async move(connection, { sinkId, topic, partition, epoch, from, to }) {
      const values = [sinkId, topic, partition, to, epoch, from]
      return (await connection.execute(move, values)).changes === 1
    },
    async read(connection, { sinkId, topic, partition }) {
      return positionIn(await connection.execute(read, [sinkId, topic, partition]))
    },
  }
}

/** The first row as a position. Drivers give 64-bit numbers as text, numbers or bigints. */
export function positionIn({ rows: [row] }: SqlResult): StoredPosition | undefined {
  if (row === undefined) return undefined
  return { epoch: Number(row['epoch']), nextOffset: Number(row['next_offset']) }
}
