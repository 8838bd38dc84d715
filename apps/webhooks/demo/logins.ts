import type { Login } from '../topology.ts'

/** A login with its user and its time. */
export interface TimedLogin extends Login {
  readonly user: string
  readonly atMs: number
}

const USERS = 200
/** Of all that happens: somebody tries passwords. */
const ATTACKS = 0.25
const MISTAKES = 0.2
const MEAN_PAUSE_MS = 2000

/**
 * What users and attackers do, in the order of its time. The last of it is at `endMs`: brokers refuse records that are
 * more than an hour ahead of their clock.
 */
export function randomLogins(count: number, endMs: number, random: () => number): TimedLogin[] {
  const logins: TimedLogin[] = []
  const below = (bound: number): number => Math.floor(random() * bound)
  let atMs = 0
  while (logins.length < count) {
    atMs += below(2 * MEAN_PAUSE_MS)
    const user = `user-${below(USERS)}`
    if (random() < ATTACKS) {
      const address = `198.51.100.${below(256)}`
      const tries = 3 + below(7)
      for (let n = 0; n < tries; n++) {
        logins.push({ user, atMs, succeeded: false, address })
        atMs += below(500)
      }
    } else {
      const address = `192.0.2.${below(256)}`
      logins.push({ user, atMs, succeeded: random() >= MISTAKES, address })
    }
  }
  const wanted = logins.slice(0, count)
  const shiftMs = endMs - (wanted.at(-1)?.atMs ?? 0)
  return wanted.map((login) => ({ ...login, atMs: login.atMs + shiftMs }))
}
