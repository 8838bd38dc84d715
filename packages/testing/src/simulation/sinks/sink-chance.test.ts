import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chooseSeed, repeatCommand, SeededRandom } from '../../contract/seeded-random.ts'
import { unavailable } from './scripted-sink.testkit.ts'
import { numbers, type RunningSinkApp, SinkBed } from './sink-bed.testkit.ts'

const RECORDS = 1500
const PARTITIONS = 3
const ROUNDS = 15

/** Processes come, go, stand still and are killed while a target is slow, down, and paused for. */
class Chance {
  readonly bed: SinkBed
  readonly failures: unknown[] = []
  readonly #random: SeededRandom
  readonly #apps: RunningSinkApp[] = []

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    this.bed = new SinkBed({ seed, faultOptions: { refused: 0.01, answerLost: 0.01 } })
    this.bed.topic('in', PARTITIONS)
    const misfortune = async (): Promise<void> => {
      if (this.#random.below(10) === 0) throw unavailable()
      await this.#pause(this.#random.below(4) === 0 ? 400 : 3)
    }
    this.bed.target.script = { write: misfortune, written: misfortune, claim: misfortune }
  }

  async run(): Promise<void> {
    this.#start()
    for (let round = 0; round < ROUNDS; round++) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const from = (round * RECORDS) / ROUNDS
        this.bed.give('in', numbers(from, from + RECORDS / ROUNDS), partition)
      }
      await this.#misfortune()
      await this.bed.pass(this.#random.below(3000))
    }
    for (const { process } of this.#apps) process.resume()
    if (!this.#apps.some(({ process }) => process.isAlive)) this.#start()
    await this.bed.until(() => this.bed.target.all().length >= RECORDS * PARTITIONS)
    await this.bed.pass(5000)
  }

  async #misfortune(): Promise<void> {
    const victim = this.#apps[this.#random.below(this.#apps.length)]
    switch (this.#random.below(6)) {
      case 0:
        this.#start()
        return
      case 1:
        victim?.process.kill()
        this.#start()
        return
      case 2:
        victim?.process.pause()
        await this.bed.pass(this.#random.below(15_000))
        victim?.process.resume()
        return
      case 3:
        this.bed.kafka.forceRebalance('app-out')
        return
      default:
    }
  }

  #start(): void {
    const running = this.bed.app({
      sinks: [
        {
          target: this.bed.target,
          options: { bufferMaxBytes: 4000, batch: { maxRecords: 7, linger: 5 } },
        },
      ],
    })
    this.#apps.push(running)
    running.app.start().catch((error: unknown) => {
      this.failures.push(error)
    })
  }

  #pause(maxMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.bed.scheduler.setTimer(this.#random.below(maxMs), resolve)
    })
  }
}

describe('whatever comes between', () => {
  const first = chooseSeed()
  for (let seed = first; seed < first + 10; seed++) {
    test(`each record is in the target once, and in order (${repeatCommand(seed)})`, async () => {
      const chance = new Chance(seed)
      await chance.run()
      assert.deepEqual(chance.failures, [])
      for (let partition = 0; partition < PARTITIONS; partition++) {
        assert.deepEqual(chance.bed.target.values('in', partition), numbers(0, RECORDS))
      }
    })
  }
})
