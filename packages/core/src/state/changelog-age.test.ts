import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogFields, silentLogger } from '../observe/logger.ts'
import { serdes } from '../serde/serdes.ts'
import { ChangelogAge } from './changelog-age.ts'
import { stores } from './stores.ts'

const SERDES = { key: serdes.string, value: serdes.string }
const WINDOW = { ...SERDES, windowSize: '1 minute', retention: '1 hour' } as const
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How often it is said, of records of these ages. */
function warnings(
  topicConfig: Readonly<Record<string, string>>,
  agesMs: readonly number[],
): readonly LogFields[] {
  const told: LogFields[] = []
  const logger = {
    ...silentLogger,
    warn: (_: string, fields?: LogFields) => told.push(fields ?? {}),
  }
  const age = ChangelogAge.of('s', topicConfig, logger)
  const nowMs = 1_700_000_000_000
  for (const ageMs of agesMs) age?.check(nowMs - ageMs, nowMs)
  return told
}

test('records beyond the retention of a window changelog are told, once', () => {
  const { topicConfig } = stores.window('s', WINDOW)
  assert.deepEqual(warnings(topicConfig, [-5, 0, DAY_MS, DAY_MS + HOUR_MS]), [])
  const told = warnings(topicConfig, [DAY_MS + HOUR_MS + 1, 9 * DAY_MS])
  assert.equal(told.length, 1)
  assert.equal(told[0]?.['keptForMs'], DAY_MS + HOUR_MS)
})

test('records beyond the compaction lag of a versioned changelog are told', () => {
  const { topicConfig } = stores.versionedKeyValue('s', { ...SERDES, historyRetention: '1 hour' })
  assert.equal(warnings(topicConfig, [DAY_MS]).length, 0)
  assert.equal(warnings(topicConfig, [2 * DAY_MS]).length, 1)
})

test('a changelog from which the broker deletes nothing by age has no limit', () => {
  const compact = stores.window('s', { ...WINDOW, changelogCleanup: 'compact' })
  const forEver = stores.window('s', { ...WINDOW, topicConfig: { 'retention.ms': '-1' } })
  for (const { topicConfig } of [compact, forEver, stores.keyValue('s', SERDES)]) {
    assert.equal(ChangelogAge.of('s', topicConfig, silentLogger), undefined)
  }
})
