import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadCache } from './read-cache.ts'
import { SeededRandom } from './seeded-random.testkit.ts'

function cacheOf(limitBytes: number): ReadCache {
  const cache = new ReadCache(2)
  cache.setLimit(limitBytes)
  return cache
}

test('what is not known, known to be absent and known to be empty are different things', () => {
  const cache = cacheOf(10_000)
  assert.equal(cache.get(0, 'a'), undefined)
  cache.add(0, 'a', null)
  cache.add(0, 'b', '')
  assert.equal(cache.get(0, 'a'), null)
  assert.equal(cache.get(0, 'b'), '')
  assert.equal(cache.get(1, 'a'), undefined, 'stores are apart')
})

test('the bytes stay within the limit, and what is read often stays', () => {
  const cache = cacheOf(20_000)
  cache.add(0, 'often', 'value')
  for (let i = 0; i < 10_000; i++) {
    assert.equal(cache.get(0, 'often'), 'value', `after ${i}`)
    cache.add(i % 2, `key-${i}`, 'x'.repeat(i % 50))
    assert.ok(cache.bytes <= 20_000, `${cache.bytes} after ${i}`)
  }
  assert.equal(cache.get(0, 'key-1'), undefined, 'the oldest is forgotten')
})

test('a value as large as half of the limit is not kept', () => {
  const cache = cacheOf(10_000)
  cache.add(0, 'large', 'x'.repeat(5000))
  assert.equal(cache.get(0, 'large'), undefined)
  assert.equal(cache.bytes, 0)
})

test('a limit that falls is kept at once', () => {
  const cache = cacheOf(100_000)
  for (let i = 0; i < 500; i++) cache.add(0, `key-${i}`, 'value')
  cache.setLimit(10_000)
  assert.ok(cache.bytes <= 10_000)
})

test('a cache never has another value than the last one, and counts its bytes', () => {
  const random = new SeededRandom()
  const cache = cacheOf(4000)
  const truth = [new Map<string, string>(), new Map<string, string>()]
  const check = (store: number, key: string): void => {
    const last = truth[store]?.get(key) ?? null
    const known = cache.get(store, key)
    if (known === undefined) cache.add(store, key, last)
    else assert.equal(known, last, random.repeat)
  }
  const change = (store: number, key: string): void => {
    const value = random.below(3) === 0 ? null : 'v'.repeat(random.below(30))
    if (value === null) truth[store]?.delete(key)
    else truth[store]?.set(key, value)
    if (cache.has(store, key)) cache.update(store, key, value)
  }
  const drop = (store: number): void => {
    truth[store]?.clear()
    cache.drop(store)
  }
  for (let i = 0; i < 50_000; i++) {
    const operation = random.below(20)
    const act = operation === 0 ? drop : operation < 12 ? check : change
    act(random.below(2), `key-${random.below(40)}`)
    assert.ok(cache.bytes >= 0 && cache.bytes <= 4000, random.repeat)
  }
  drop(0)
  drop(1)
  assert.equal(cache.bytes, 0, random.repeat)
})
