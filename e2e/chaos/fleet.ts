import type { AppSettings } from '@millrace/core'
import { join } from 'node:path'
import type { Random } from '@millrace/trial'
import { ChaosMember } from './chaos-member.ts'

export interface FleetOptions {
  readonly size: number
  readonly settings: Omit<AppSettings, 'instanceId' | 'stateDir'>
  /** Logs and state directories are in here. */
  readonly folder: string
  readonly say: (line: string) => void
}

/** How soon one that ended by itself is started again. */
const RESTART_MS = 1000

/** The members of the application, each with its own name and state directory. */
export class Fleet {
  readonly members: readonly ChaosMember[]
  /** What members did that nobody had told them to. */
  readonly failures: string[] = []
  readonly #restarts = new Set<NodeJS.Timeout>()
  #isClosed = false

  constructor({ size, settings, folder, say }: FleetOptions) {
    this.members = Array.from({ length: size }, (_, index) => {
      const name = `member-${index}`
      return new ChaosMember({
        name,
        logs: folder,
        settings: {
          ...settings,
          stateDir: join(folder, 'state', name),
          // The others are named by their state directory, which may be wiped: nobody fences them then.
          ...(index % 2 === 0 ? { instanceId: name } : {}),
        },
        onFailure: (member, why) => {
          this.failures.push(why)
          say(`! ${why}`)
          this.#restartSoon(member)
        },
      })
    })
  }

  get processed(): number {
    return this.members.reduce((sum, { processed }) => sum + processed, 0)
  }

  get states(): string {
    return this.members.map(({ state }) => state).join(' ')
  }

  start(): void {
    for (const member of this.members) member.start()
  }

  /** Marks up to so many members as busy that run and take part in no other fault. */
  claim(count: number, random: Random): readonly ChaosMember[] {
    const free = this.members.filter(({ isBusy, isUp }) => isUp && !isBusy)
    const claimed: ChaosMember[] = []
    while (claimed.length < count && free.length > 0) {
      claimed.push(...free.splice(Math.floor(random() * free.length), 1))
    }
    for (const member of claimed) member.isBusy = true
    return claimed
  }

  /** All of them end in order; what did not is a failure. */
  async leave(): Promise<void> {
    this.#close()
    const problems = await Promise.all(this.members.map((member) => member.leave()))
    this.failures.push(...problems.filter((problem) => problem !== undefined))
  }

  /** Ends all of them at once. Idempotent. */
  async kill(): Promise<void> {
    this.#close()
    await Promise.all(this.members.map((member) => member.kill()))
  }

  #close(): void {
    this.#isClosed = true
    for (const timer of this.#restarts) clearTimeout(timer)
  }

  #restartSoon(member: ChaosMember): void {
    if (this.#isClosed) return
    const timer = setTimeout(() => {
      this.#restarts.delete(timer)
      if (!member.isUp) member.start()
    }, RESTART_MS)
    this.#restarts.add(timer)
  }
}
