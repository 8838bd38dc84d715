import { ByteMatcher } from './byte-matcher.ts'

/** Which way bytes go through a {@link FaultProxy}. */
export type ProxyDirection = 'to-target' | 'to-client'

/** What happens to a connection, and where. */
export interface InterceptionRule {
  readonly direction: ProxyDirection
  /**
   * Bytes that are waited for, whatever the connection: those before them pass. It sees bytes as they are on the
   * wire, so it is of no use with TLS. @defaultValue the first bytes that come
   */
  readonly match?: string | Uint8Array
  /**
   * - `cut`: the match does not arrive, and the connection is severed.
   * - `stall`: the match, and all that follows it on the connection, waits for `resume()`.
   * - `lose-answer`: the match arrives; what comes back first after it does not, and the connection is
   *   severed. For protocols whose answers have nothing to match. Not for a client that sends the match
   *   together with requests before it: their answers would come first.
   */
  readonly then: 'cut' | 'stall' | 'lose-answer'
}

/** A fault that waits for its moment; it happens once. */
export interface Interception {
  /** Resolves when the connection was cut, or stalls. */
  readonly reached: Promise<void>
  /** Lets a stalled connection go on, with all that was held; one that was not reached yet will not stall. */
  resume(): void
}

/** An {@link Interception} as the proxy sees it. */
export class ArmedInterception implements Interception {
  readonly rule: InterceptionRule
  readonly reached: Promise<void>
  /** Set when it has happened. */
  markReached: () => void = () => undefined
  isOver = false
  #onResume: (() => void) | undefined
  readonly #matchers = new WeakMap<object, ByteMatcher>()

  constructor(rule: InterceptionRule) {
    this.rule = rule
    this.reached = new Promise((resolve) => {
      this.markReached = resolve
    })
  }

  /** Where the match begins in a chunk of this connection, if it is there. */
  find(connection: object, chunk: Buffer): number | undefined {
    let matcher = this.#matchers.get(connection)
    if (matcher === undefined) {
      matcher = new ByteMatcher(this.rule.match)
      this.#matchers.set(connection, matcher)
    }
    return matcher.find(chunk)
  }

  onResume(release: () => void): void {
    this.#onResume = release
  }

  resume(): void {
    this.isOver = true
    this.#onResume?.()
    this.#onResume = undefined
  }
}
