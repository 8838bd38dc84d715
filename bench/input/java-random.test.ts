import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JavaRandom } from './java-random.ts'

function take(random: JavaRandom, bound: number, count: number): number[] {
  return Array.from({ length: count }, () => random.nextInt(bound))
}

// The expected numbers were printed by `new java.util.Random(seed).nextInt(bound)` of OpenJDK 17.

test('the numbers of seed 42 are those of java.util.Random', () => {
  assert.deepEqual(
    take(new JavaRandom(42), 10_000, 8),
    [1130, 2763, 1248, 8884, 9970, 7525, 1505, 6918],
  )
})

test('a bound that is a power of two takes the high bits', () => {
  assert.deepEqual(take(new JavaRandom(7), 1024, 8), [748, 653, 767, 9, 356, 502, 918, 760])
})

test('a number of the last, incomplete block is thrown away', () => {
  assert.deepEqual(
    take(new JavaRandom(1), 1_500_000_000, 8),
    [
      215_764_588, 880_641_847, 874_970_313, 446_064_254, 77_814_904, 714_504_434, 1_414_906_606,
      13_136_569,
    ],
  )
})

test('a seed of more than 32 bits counts as a whole', () => {
  assert.deepEqual(
    take(new JavaRandom(123_456_789_012_345), 100_000, 8),
    [80_174, 28_004, 6019, 32_652, 34_285, 14_868, 64_260, 32_989],
  )
})
