import { type Random, TrialFailure } from '@millrace/trial'
import { type ProcessorSettings, ProcessorProcess } from './processor-process.ts'

/** Counters of all processors, those that were killed included. */
export interface FleetTotals {
  readonly processed: number
  readonly commits: number
  readonly restored: number
}

interface Slot {
  readonly number: number
  process: ProcessorProcess
  /** Ended by this program, so that its exit is no failure. */
  isEnded: boolean
}

const NOTHING: FleetTotals = { processed: 0, commits: 0, restored: 0 }
const STOP_MS = 30_000

/** The processors: starts them, kills them, starts them again under the same name, stops them. */
export class Fleet {
  readonly #settings: ProcessorSettings
  readonly #slots: Slot[]
  /** Called when a processor ends that was not told to. */
  readonly #onFailure: (failure: TrialFailure) => void
  #dead: FleetTotals = NOTHING

  constructor(
    size: number,
    settings: ProcessorSettings,
    onFailure: (failure: TrialFailure) => void,
  ) {
    this.#settings = settings
    this.#onFailure = onFailure
    this.#slots = Array.from({ length: size }, (_, number) => {
      const process = new ProcessorProcess(instanceIdOf(number), settings)
      return { number, process, isEnded: false }
    })
    for (const slot of this.#slots) this.#watch(slot)
  }

  /** `running` or the state of each processor, in order; the table shows them. */
  get states(): readonly string[] {
    return this.#slots.map(({ process, isEnded }) =>
      isEnded ? 'dead' : (process.report?.state ?? 'starting'),
    )
  }

  get areAllRunning(): boolean {
    return this.#slots.every(({ process, isEnded }) => !isEnded && process.isRunning)
  }

  get totals(): FleetTotals {
    const alive = this.#slots.filter(({ isEnded }) => !isEnded)
    return alive.reduce((sum, { process }) => plus(sum, totalsOf(process)), this.#dead)
  }

  get size(): number {
    return this.#slots.length
  }

  /** Number of one that works right now; if there is none, of one that runs; else of any that lives. */
  pick(random: Random): number {
    const alive = this.#slots.filter(({ isEnded }) => !isEnded)
    const running = alive.filter(({ process }) => process.isRunning)
    const busy = running.filter(({ process }) => process.isBusy)
    const candidates = [busy, running, alive].find(({ length }) => length > 0) ?? this.#slots
    return candidates[Math.floor(random() * candidates.length)]?.number ?? 0
  }

  /** Holds a processor still where it is, so that one can look before the kill. */
  freeze(number: number): void {
    this.#slot(number).process.signal('SIGSTOP')
  }

  thaw(number: number): void {
    this.#slot(number).process.signal('SIGCONT')
  }

  /** Resolves when it is dead. */
  async kill(number: number): Promise<void> {
    const slot = this.#slot(number)
    slot.isEnded = true
    await slot.process.kill()
    this.#dead = plus(this.#dead, totalsOf(slot.process))
  }

  /** A new process under the same instance id: it fences what the dead one left open. */
  restart(number: number): void {
    const slot = this.#slot(number)
    slot.process = new ProcessorProcess(instanceIdOf(number), this.#settings)
    slot.isEnded = false
    this.#watch(slot)
  }

  /** @throws TrialFailure when one does not leave in order. */
  async stop(): Promise<void> {
    const alive = this.#slots.filter(({ isEnded }) => !isEnded)
    for (const slot of alive) slot.isEnded = true
    const exits = await Promise.all(
      alive.map(async (slot) => ({ slot, exit: await slot.process.stop(STOP_MS) })),
    )
    for (const { slot } of exits) this.#dead = plus(this.#dead, totalsOf(slot.process))
    const bad = exits.find(({ exit }) => exit.code !== 0)
    if (bad !== undefined)
      throw failureOf(bad.slot, `did not leave in order within ${STOP_MS / 1000} s`)
  }

  /** Ends all of them at once; for when the demo itself has failed or was interrupted. */
  async abandon(): Promise<void> {
    for (const slot of this.#slots) slot.isEnded = true
    await Promise.all(this.#slots.map(({ process }) => process.kill()))
  }

  #slot(number: number): Slot {
    const slot = this.#slots[number]
    if (slot === undefined) throw new TypeError(`there is no processor ${number}`)
    return slot
  }

  #watch(slot: Slot): void {
    const { process } = slot
    void process.exited.then(() => {
      if (slot.process !== process || slot.isEnded) return
      this.#onFailure(failureOf(slot, 'ended although nobody killed it'))
    })
  }
}

function failureOf({ number, process }: Slot, what: string): TrialFailure {
  const hint = 'This is what it logged last; --verbose shows all of it.'
  return new TrialFailure(`Processor ${number} ${what}.`, hint, process.log)
}

function instanceIdOf(number: number): string {
  return `processor-${number}`
}

function totalsOf({ report }: ProcessorProcess): FleetTotals {
  if (report === undefined) return NOTHING
  const { recordsProcessed, commits, recordsRestored } = report.metrics
  return { processed: recordsProcessed, commits, restored: recordsRestored }
}

function plus(a: FleetTotals, b: FleetTotals): FleetTotals {
  return {
    processed: a.processed + b.processed,
    commits: a.commits + b.commits,
    restored: a.restored + b.restored,
  }
}
