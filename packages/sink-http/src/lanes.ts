/** Runs jobs of one lane one after the other, and lanes beside each other. */
export class Lanes {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `job`, which must not reject, after those of its lane. Without a lane at once. */
  async run(lane: string | undefined, job: () => Promise<void>): Promise<void> {
    if (lane === undefined) {
      await job()
      return
    }
    const before = this.#last.get(lane)
    const mine = before === undefined ? job() : before.then(job)
    this.#last.set(lane, mine)
    await mine
    if (this.#last.get(lane) === mine) this.#last.delete(lane)
  }
}

/** The lane of a key: keys that would be the same bytes in the topic have the same one. Undefined for no key. */
export function laneOfKey(key: unknown): string | undefined {
  switch (typeof key) {
    case 'string':
      return key
    case 'undefined':
      return undefined
    case 'object': {
      if (key === null) return undefined
      if (key instanceof Uint8Array) return Buffer.from(key).toString('latin1')
      return jsonText(key)
    }
    default:
      return String(key)
  }
}

/** What cannot be told apart shares a lane: that is slower, never wrong. */
function jsonText(key: object): string {
  try {
    return JSON.stringify(key, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    )
  } catch {
    return ''
  }
}
