/** Work of a fixed size: it takes longer, not less of it is done, when the CPU is shared. */
export function burn(rounds: number, seed: number): number {
  let state = seed | 1
  for (let round = 0; round < rounds; round++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + round
  }
  return state
}

const SAMPLE_ROUNDS = 1_000_000
const SAMPLES = 20

/** Rounds that take so long on a CPU of this machine that nobody else uses: the best of some samples. */
export function roundsFor(microseconds: number): number {
  let bestMs = Infinity
  let sink = 0
  for (let sample = 0; sample < SAMPLES; sample++) {
    const startMs = performance.now()
    sink ^= burn(SAMPLE_ROUNDS, sample)
    bestMs = Math.min(bestMs, performance.now() - startMs)
  }
  if (sink === Infinity) throw new TypeError('never: it only keeps the work from being left out')
  return Math.round((SAMPLE_ROUNDS * microseconds) / (bestMs * 1000))
}
