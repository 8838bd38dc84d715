import type { OffsetStatements } from './dialect.ts'
import { positionIn } from './postgres-offsets.ts'

/**
 * Positions in MySQL and MariaDB. A claim is a transaction: the upsert waits for the lock that an open transaction
 * of the last writer holds, and keeps it until the position is read.
 */
export function mysqlOffsets(table: string, collation: string): OffsetStatements {
  const key = 'sink_id = ? AND topic = ? AND part = ?'
  const claim = `
    INSERT INTO ${table} (sink_id, topic, part, epoch, owner, next_offset, updated_at)
    VALUES (?, ?, ?, 1, ?, ?, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE epoch = epoch + 1, owner = VALUES(owner), updated_at = VALUES(updated_at)`
  const move = `
    UPDATE ${table} SET next_offset = ?, updated_at = UTC_TIMESTAMP(6)
     WHERE ${key} AND epoch = ? AND next_offset = ?`
  const read = `SELECT epoch, next_offset FROM ${table} WHERE ${key}`
  return {
    createTable: `CREATE TABLE IF NOT EXISTS ${table} (
      sink_id VARCHAR(255) NOT NULL, topic VARCHAR(249) NOT NULL, part INT NOT NULL, epoch BIGINT NOT NULL,
      owner VARCHAR(1000), next_offset BIGINT NOT NULL, updated_at DATETIME(6),
      PRIMARY KEY (sink_id, topic, part)) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation}`,
    async claim(connection, { sinkId, topic, partition, owner, initialOffset }) {
      await connection.run('START TRANSACTION')
      try {
        const values = [sinkId, topic, partition, owner.slice(0, 1000), initialOffset]
        await connection.execute(claim, values)
        const stored = positionIn(await connection.execute(read, [sinkId, topic, partition]))
        if (stored === undefined) throw new TypeError('a claim left no row')
        await connection.run('COMMIT')
        return stored
      } catch (error) {
        // Ends the transaction with the session; the session may be gone as it is.
        connection.destroy()
        throw error
      }
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
