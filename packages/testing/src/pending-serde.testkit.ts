import { MillraceError, type Serde, serdePending } from '@millrace/core'
import { laterTurn } from './processor-bed.testkit.ts'

/**
 * Text that a serde can read and write only after it has asked for its first letter, later: as a serde whose schemas
 * are in a registry.
 */
export class LetterSerde implements Serde<string> {
  readonly asked: string[] = []
  readonly #known = new Set<string>()
  readonly #underWay = new Map<string, Promise<void>>()
  /** What asking ends with, in turn; undefined: well. */
  failures: MillraceError[] = []
  /** Letters that are not answered as long as they are here. */
  readonly held: Set<string> = new Set<string>()

  prepare(topic: string): Promise<void> | undefined {
    return this.#ask(`topic ${topic}`)
  }

  serialize(value: string): Uint8Array {
    this.#need(value[0] ?? '')
    return Buffer.from(value)
  }

  deserialize(bytes: Uint8Array): string {
    const value = Buffer.from(bytes).toString()
    this.#need(value[0] ?? '')
    if (value.startsWith('?')) throw new Error('there is no such letter')
    return value
  }

  #need(letter: string): void {
    if (this.#known.has(letter)) return
    throw serdePending(
      `the letter ${letter} is not known yet`,
      () => this.#ask(letter) ?? Promise.resolve(),
    )
  }

  #ask(what: string): Promise<void> | undefined {
    if (this.#known.has(what)) return undefined
    const found = this.#underWay.get(what)
    if (found !== undefined) return found
    this.asked.push(what)
    const made = this.#answer(what).finally(() => this.#underWay.delete(what))
    this.#underWay.set(what, made)
    return made
  }

  async #answer(what: string): Promise<void> {
    do await laterTurn()
    while (this.held.has(what))
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    this.#known.add(what)
  }
}
