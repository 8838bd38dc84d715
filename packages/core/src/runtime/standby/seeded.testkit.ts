/** Numbers in [0, 1) that a seed decides: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Runs `body` with many seeds; a failure names the one to repeat it with: `MILLRACE_SEED=…`. */
export function forSeeds(count: number, body: (random: () => number) => void): void {
  const asked = process.env['MILLRACE_SEED']
  const first = asked === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(asked)
  for (let seed = first; seed < first + (asked === undefined ? count : 1); seed++) {
    try {
      body(seeded(seed))
    } catch (error) {
      throw new Error(`with MILLRACE_SEED=${seed}`, { cause: error })
    }
  }
}
