import { TrialFailure } from './failure.ts'
import { ProgramProcess, type ProgramSettings } from './program-process.ts'

const STOP_MS = 60_000

/** The app that is tried: one process, started again under the same name after each kill. */
export class TriedApp {
  readonly #settings: ProgramSettings
  /** Called when it ends and was not told to. */
  readonly #onFailure: (failure: TrialFailure) => void
  #process: ProgramProcess
  /** Ended by this program, so that its exit is no failure. */
  #isEnded = false
  #isStopped = false

  constructor(settings: ProgramSettings, onFailure: (failure: TrialFailure) => void) {
    this.#settings = settings
    this.#onFailure = onFailure
    this.#process = this.#start()
  }

  get isDead(): boolean {
    return this.#process.hasExited
  }

  /** True when it has left in order. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Resolves when it is dead. */
  async kill(): Promise<void> {
    this.#isEnded = true
    await this.#process.kill()
  }

  restart(): void {
    this.#isEnded = false
    this.#process = this.#start()
  }

  /** Lets it finish what is under way. @throws TrialFailure when it does not leave in order. */
  async stop(): Promise<void> {
    this.#isEnded = true
    const { code } = await this.#process.stop(STOP_MS)
    if (code !== 0) throw this.#failure(`did not leave in order within ${STOP_MS / 1000} s`)
    this.#isStopped = true
  }

  #start(): ProgramProcess {
    const started = new ProgramProcess(this.#settings)
    void started.exited.then(() => {
      if (started !== this.#process || this.#isEnded) return
      this.#onFailure(this.#failure('ended although nobody killed it'))
    })
    return started
  }

  #failure(what: string): TrialFailure {
    const hint = 'Its last words follow. Run it with --verbose to see all of them.'
    return new TrialFailure(`The app ${what}.`, hint, this.#process.log)
  }
}
