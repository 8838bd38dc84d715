import { MillraceError } from '@millrace/core'
import type { VirtualScheduler } from '../../time/virtual-scheduler.ts'
import type { Difference } from '../parts/crash-part.ts'
import { describeError, type Host } from './host.ts'
import type { World } from './world.ts'

const LOOK_EVERY_MS = 200

/** Two processes of one name, as a zombie and its successor are, may end so. */
const ALLOWED = 'MR_INSTANCE_ID_IN_USE'

/** Starts a process in the place of one that failed, as an orchestrator does; and notes why it failed. */
export class Supervisor {
  readonly violations: Difference[] = []
  readonly #scheduler: VirtualScheduler
  readonly #world: World
  readonly #known = new Set<Host>()
  #isQuiet = false
  #isStopped = false

  constructor(scheduler: VirtualScheduler, world: World) {
    this.#scheduler = scheduler
    this.#world = world
    this.#look()
  }

  /** From now on something runs wherever something is to run. */
  keepAllUp(): void {
    this.#isQuiet = true
  }

  stop(): void {
    this.#isStopped = true
  }

  #look(): void {
    if (this.#isStopped) return
    for (const host of this.#world.hosts) this.#inspect(host)
    for (const place of this.#isQuiet ? this.#world.places : []) {
      if (place.isWanted && place.host?.isUp !== true) this.#world.start(place)
    }
    this.#scheduler.setTimer(LOOK_EVERY_MS, () => {
      this.#look()
    })
  }

  #inspect(host: Host): void {
    const { failure } = host
    if (failure === undefined || this.#known.has(host)) return
    this.#known.add(host)
    if (!MillraceError.is(failure, ALLOWED)) {
      this.violations.push({
        where: `app ${host.name} failed`,
        expected: 'an error that it recovers from',
        actual: describeError(failure),
      })
    }
    if (!host.process.isAlive) return
    host.kill()
    const place = this.#world.placeOf(host)
    if (place?.isWanted === true) this.#world.start(place)
  }
}
