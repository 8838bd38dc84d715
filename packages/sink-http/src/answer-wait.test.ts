import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedWaitMs } from './answer-wait.ts'

const NOW = Date.parse('2026-11-29T00:00:00Z')

test('an answer may ask to wait', () => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, number | undefined])[] = [
    [{}, undefined],
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Sun, 29 Nov 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sat, 28 Nov 2026 00:00:00 GMT' }, 0],
    // The server's clock is an hour behind: what counts is how long it means.
    [
      {
        'retry-after': 'Sat, 28 Nov 2026 23:00:30 GMT',
        date: 'Sat, 28 Nov 2026 23:00:00 GMT',
      },
      30_000,
    ],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': '1.5' }, undefined],
    [{ 'ratelimit-reset': '7' }, 7000],
    [{ 'retry-after': '1', 'ratelimit-reset': '7' }, 1000],
    [{ ratelimit: '"default";r=0;t=9' }, 9000],
    [{ ratelimit: 'limit=10, remaining=0, reset=9' }, undefined],
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 5) }, 5000],
    [{ 'x-ratelimit-reset': '5' }, 5000],
  ]
  for (const [headers, ms] of cases) {
    assert.equal(askedWaitMs({ headers }, NOW), ms, JSON.stringify(headers))
  }
})
