import type { OffsetStatements } from './dialect.ts'
import { positionIn } from './postgres-offsets.ts'

/** Positions in SQLite, which has one writer at a time: a claim finds the file locked until the last one has ended. */
export function sqliteOffsets(table: string): OffsetStatements {
  const key = 'sink_id = ? AND topic = ? AND part = ?'
  const now = `strftime('%Y-%m-%dT%H:%M:%fZ')`
  const claim = `
    INSERT INTO ${table} (sink_id, topic, part, epoch, owner, next_offset, updated_at)
    VALUES (?, ?, ?, 1, ?, ?, ${now})
    ON CONFLICT (sink_id, topic, part) DO UPDATE
      SET epoch = epoch + 1, owner = excluded.owner, updated_at = excluded.updated_at
    RETURNING epoch, next_offset`
  const move = `
    UPDATE ${table} SET next_offset = ?, updated_at = ${now} WHERE ${key} AND epoch = ? AND next_offset = ?`
  const read = `SELECT epoch, next_offset FROM ${table} WHERE ${key}`
  return {
    createTable: `CREATE TABLE IF NOT EXISTS ${table} (
      sink_id TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL, epoch INTEGER NOT NULL, owner TEXT,
      next_offset INTEGER NOT NULL, updated_at TEXT, PRIMARY KEY (sink_id, topic, part)) STRICT`,
    async claim(connection, { sinkId, topic, partition, owner, initialOffset }) {
      const stored = positionIn(
        await connection.execute(claim, [sinkId, topic, partition, owner, initialOffset]),
      )
      if (stored === undefined) throw new TypeError('a claim returned no row')
      return stored
    },
    async move(connection, { sinkId, topic, partition, epoch, from, to }) {
      const values = [to, sinkId, topic, partition, epoch, from]
      return (await connection.execute(move, values)).changes === 1
    },
    async read(connection, { sinkId, topic, partition }) {
      return positionIn(await connection.execute(read, [sinkId, topic, partition]))
    },
  }
}
