/** Shorter ones would blank ordinary words, and are no secrets. */
const SHORTEST = 4

/** Blanks known secrets in texts that are shown. */
export class Redactor {
  readonly #fixed: Set<string>
  /** Those of tokens that come and go: the last few, since errors may be of an earlier one. */
  readonly #recent: string[] = []

  constructor(secrets: readonly string[]) {
    this.#fixed = new Set(secrets.filter((secret) => secret.length >= SHORTEST))
  }

  /** From now on this is blanked as well. */
  add(secret: string): void {
    if (secret.length < SHORTEST || this.#recent.includes(secret)) return
    this.#recent.push(secret)
    if (this.#recent.length > 8) this.#recent.shift()
  }

  redact(text: string): string {
    let shown = text
    for (const secret of this.#fixed) shown = shown.replaceAll(secret, '***')
    for (const secret of this.#recent) shown = shown.replaceAll(secret, '***')
    return shown
  }
}
