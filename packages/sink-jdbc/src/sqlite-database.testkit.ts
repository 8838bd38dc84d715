import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SuiteDatabase } from './contract.testkit.ts'

/** A file of its own. */
export function sqliteDatabase(): SuiteDatabase & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sqlite-'))
  const path = join(folder, 'test.db')
  const run = <T>(work: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(path, { timeout: 5000 })
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  return {
    path,
    port: undefined,
    begin: 'BEGIN IMMEDIATE',
    commit: 'COMMIT',
    jdbcUrl: () => `jdbc:sqlite:${path}`,
    query: (sql) =>
      Promise.resolve(
        run((database) => {
          const statement = database.prepare(sql)
          statement.setReadBigInts(true)
          return statement.all()
        }),
      ),
    createTable(name, key) {
      const primary = key === undefined ? '' : `, UNIQUE (${key})`
      run((database) => {
        database.exec(`
          CREATE TABLE ${name} (
            id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, part INTEGER, offs INTEGER, idx INTEGER, k TEXT,
            note TEXT CHECK (length(note) <= 5)${primary})`)
      })
      return Promise.resolve()
    },
    close() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
