import assert from 'node:assert/strict'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import type { TopologyTestDriver } from './topology-test-driver.ts'

/** What a topology must do, from the rules alone, slowly and obviously right. */
export interface ReplayModel<R, O> {
  /** What comes out for a record; undefined when it makes the topology fail. */
  update(record: R): readonly O[] | undefined
  /** What a commit lets go, where updates are held back. */
  commit?(): readonly O[]
  copy(): ReplayModel<R, O>
}

export interface ReplayIo<R, O> {
  pipe(record: R): Promise<void>
  /** What has come out since the last call. */
  read(): readonly O[]
}

/**
 * A topology beside its model, with transactions that are committed by hand: what is aborted, or not committed
 * when the tasks are opened anew, comes again.
 */
export class ReplayBed<R, O> {
  readonly #driver: TopologyTestDriver
  readonly #io: ReplayIo<R, O>
  #model: ReplayModel<R, O>
  #committed: ReplayModel<R, O>
  #expected: O[] = []
  #records: R[] = []

  constructor(driver: TopologyTestDriver, model: ReplayModel<R, O>, io: ReplayIo<R, O>) {
    this.#driver = driver
    this.#model = model
    this.#committed = model.copy()
    this.#io = io
  }

  /** False when the topology has failed, as it should: nothing can follow. */
  async pipe(record: R): Promise<boolean> {
    const piped = this.#io.pipe(record)
    if (this.#update(record)) {
      await piped
      return true
    }
    await assert.rejects(piped)
    return false
  }

  async commit(): Promise<void> {
    await this.#driver.commit()
    this.#expected.push(...(this.#model.commit?.() ?? []))
    assert.deepEqual(this.#io.read(), this.#expected)
    this.#expected = []
    this.#records = []
    this.#committed = this.#model.copy()
  }

  async undo(how: 'abort' | 'restart'): Promise<void> {
    await this.#driver[how]()
    const again = this.#records
    this.#model = this.#committed.copy()
    this.#expected = []
    this.#records = []
    for (const record of again) this.#update(record)
  }

  #update(record: R): boolean {
    const out = this.#model.update(record)
    if (out === undefined) return false
    this.#expected.push(...out)
    this.#records.push(record)
    return true
  }
}

/** Sides of a die of 20; between them are commits, and the rest are records. */
const ABORT = 0
const RESTART = 1
const COMMIT = 4

/** Pipes records, with commits, aborts and restarts in between; ends with a commit. */
export async function replay<R, O>(
  bed: ReplayBed<R, O>,
  random: SeededRandom,
  steps: number,
  next: () => R,
): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const dice = random.below(20)
    if (dice === ABORT) await bed.undo('abort')
    else if (dice === RESTART) await bed.undo('restart')
    else if (dice <= COMMIT) await bed.commit()
    else if (!(await bed.pipe(next()))) return
  }
  await bed.commit()
}

/** Runs one case a seed, from a seed that is new or asked for; tells how to repeat one that fails. */
export async function forSeeds(
  rounds: number,
  run: (random: SeededRandom) => Promise<void>,
): Promise<void> {
  const first = chooseSeed()
  for (let round = 0; round < rounds; round++) {
    const seed = (first + round) >>> 0
    try {
      await run(new SeededRandom(seed))
    } catch (error) {
      throw new Error(`repeat with ${repeatCommand(seed)}`, { cause: error })
    }
  }
}
