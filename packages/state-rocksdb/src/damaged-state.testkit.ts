import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rocksdb } from './rocksdb.ts'
import { SeededRandom } from './seeded-random.testkit.ts'
import { applyStep, openSteps, type Outcome, outcomeOf } from './step-history.testkit.ts'
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.testkit.ts'

/** Steps up to this one are in an SST file, those behind it in the log. */
export const FLUSHED = 20
export const STEPS = 40

/** The files of a task at step {@link STEPS}, of which damaged copies are opened. */
export class DamagedState {
  readonly random: SeededRandom = new SeededRandom()
  readonly #directory: TemporaryDirectory
  readonly #intact: string
  /** Where the copies are. */
  readonly work: string

  private constructor(directory: TemporaryDirectory) {
    this.#directory = directory
    this.#intact = join(directory.path, 'intact')
    this.work = join(directory.path, 'work')
  }

  static async create(): Promise<DamagedState> {
    const directory = await temporaryDirectory()
    const state = new DamagedState(directory)
    const live = join(directory.path, 'live')
    const first = await openSteps(rocksdb(), live)
    for (let step = 1; step <= FLUSHED; step++) await applyStep(first, step)
    await first.close()
    // Opening flushes what is in the log.
    const second = await openSteps(rocksdb(), live)
    for (let step = FLUSHED + 1; step <= STEPS; step++) await applyStep(second, step)
    await cp(live, state.#intact, { recursive: true })
    await second.close()
    return state
  }

  remove(): Promise<void> {
    return this.#directory.remove()
  }

  files(): Promise<readonly string[]> {
    return readdir(this.#intact)
  }

  /** The one whose name ends so. */
  async file(end: string): Promise<string> {
    const [found, ...others] = (await this.files()).filter((name) => name.endsWith(end))
    assert.ok(found !== undefined && others.length === 0, `one file that ends with ${end}`)
    return found
  }

  bytesOf(file: string): Promise<Buffer> {
    return readFile(join(this.#intact, file))
  }

  /** What a copy says whose `file` was damaged. It is never a content that no step leaves. */
  async outcome(file: string, damage: (path: string) => Promise<void>): Promise<Outcome> {
    await rm(this.work, { recursive: true, force: true })
    await cp(this.#intact, this.work, { recursive: true })
    await damage(join(this.work, file))
    const outcome = await outcomeOf(rocksdb(), this.work)
    if (outcome.kind === 'wrong') {
      assert.fail(`${file}: ${outcome.content}; ${this.random.repeat}`)
    }
    return outcome
  }

  /** Damage: another bit in one byte. */
  flip(at: number): (path: string) => Promise<void> {
    return async (path) => {
      const bytes = await readFile(path)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << this.random.below(8))
      await writeFile(path, bytes)
    }
  }
}
