import { pause, type Random } from '@millrace/trial'
import { between } from '../chaos/random.ts'
import type { TrialOptions } from './options.ts'
import type { TrialTarget } from './targets/trial-target.ts'
import type { TrialMember } from './trial-member.ts'

/** Members are taken for dead after this. */
export const SESSION_TIMEOUT_MS = 6000
/** Long enough for another member to have claimed what a zombie had. */
const STAND_STILL_MS = SESSION_TIMEOUT_MS + 5000
const MAX_DOWN_MS = 1500

type Fault = 'kill' | 'zombie' | 'outage'

export interface DisturbanceParts {
  readonly options: TrialOptions
  readonly members: readonly TrialMember[]
  readonly target: TrialTarget
  readonly random: Random
  /** Of all records, the part that has arrived: in [0, 1]. */
  readonly progress: () => number
  readonly say: (line: string) => void
}

/** Kills members and lets them stand still, spread evenly over the work. */
export class Disturbance {
  readonly #parts: DisturbanceParts
  readonly #plan: readonly Fault[]
  kills = 0
  zombies = 0
  outages = 0

  constructor(parts: DisturbanceParts) {
    this.#parts = parts
    this.#plan = planOf(parts.options)
  }

  /**
   * Of all records, the part that may be there by now: a little more than the next disturbance waits for,
   * so that it comes while there is work, and none is left over in the end.
   */
  get allowed(): number {
    const isOver = this.#done === this.#plan.length
    return isOver ? 1 : (this.#done + 2) / (this.#plan.length + 2)
  }

  /** Until all of them are over, or the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { progress } = this.#parts
    for (const [index, what] of this.#plan.entries()) {
      const due = (index + 0.5) / (this.#plan.length + 2)
      while (progress() < due && !signal.aborted) await pause(20, signal).catch(() => undefined)
      const member = await untilUp(this.#parts, signal)
      if (member === undefined) return
      await this.#make(what, member, signal)
    }
  }

  async #make(what: Fault, member: TrialMember, signal: AbortSignal): Promise<void> {
    switch (what) {
      case 'kill':
        await kill(this.#parts, member, signal)
        this.kills++
        break
      case 'zombie':
        await standStill(this.#parts, member, signal)
        this.zombies++
        break
      case 'outage':
        await outage(this.#parts)
        this.outages++
        break
    }
  }

  get #done(): number {
    return this.kills + this.zombies + this.outages
  }
}

/** Zombies and outages in the middle of the kills. */
function planOf({ kills, zombies, outages }: TrialOptions): readonly Fault[] {
  const half = Math.ceil(kills / 2)
  return [
    ...Array.from({ length: half }, () => 'kill' as const),
    ...Array.from({ length: zombies }, () => 'zombie' as const),
    ...Array.from({ length: outages }, () => 'outage' as const),
    ...Array.from({ length: kills - half }, () => 'kill' as const),
  ]
}

/** One that works, if there is one before the run is over. */
async function untilUp(
  { members, random }: DisturbanceParts,
  signal: AbortSignal,
): Promise<TrialMember | undefined> {
  while (!signal.aborted) {
    const running = members.filter(({ state }) => state === 'running')
    const member = running[Math.floor(random() * running.length)]
    if (member !== undefined) return member
    await pause(20, signal).catch(() => undefined)
  }
  return undefined
}

async function kill(
  { random, say, progress }: DisturbanceParts,
  member: TrialMember,
  signal: AbortSignal,
): Promise<void> {
  // Anywhere in the work of a batch, not where the last count ended.
  await pause(between(random, 0, 200), signal).catch(() => undefined)
  say(`${percent(progress())}  SIGKILL ${member.name}`)
  await member.kill()
  await pause(between(random, 100, MAX_DOWN_MS), signal).catch(() => undefined)
  member.start()
}

async function standStill(
  { say, progress }: DisturbanceParts,
  member: TrialMember,
  signal: AbortSignal,
): Promise<void> {
  say(`${percent(progress())}  ${member.name} stands still for ${STAND_STILL_MS / 1000} s`)
  member.standStill()
  try {
    await pause(STAND_STILL_MS, signal).catch(() => undefined)
  } finally {
    member.goOn()
  }
  say(`${percent(progress())}  ${member.name} goes on`)
}

async function outage({ target, random, say, progress }: DisturbanceParts): Promise<void> {
  const awayMs = between(random, 500, 4000)
  say(`${percent(progress())}  the target crashes, for ${awayMs} ms`)
  await target.outage?.(awayMs)
}

function percent(part: number): string {
  return `${String(Math.round(100 * Math.min(part, 1))).padStart(3)} %`
}
