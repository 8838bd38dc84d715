/** A file that is no scenario: says which one, and where in it. */
export class ScenarioError extends Error {
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`)
    this.name = 'ScenarioError'
  }
}

/** The fields of a JSON object, read strictly: each once and of its type, none left over. */
export class Fields {
  readonly where: string
  readonly #fields: ReadonlyMap<string, unknown>
  readonly #read = new Set<string>()

  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ScenarioError(where, 'is no object')
    }
    this.where = where
    this.#fields = new Map(Object.entries(value))
  }

  has(name: string): boolean {
    return this.#fields.has(name)
  }

  /** Undefined when there is no such field; null when it is null. */
  raw(name: string): unknown {
    this.#read.add(name)
    return this.#fields.get(name)
  }

  string(name: string): string {
    const value = this.raw(name)
    if (typeof value !== 'string') throw this.error(name, 'a text')
    return value
  }

  optionalString(name: string): string | undefined {
    return this.has(name) ? this.string(name) : undefined
  }

  integer(name: string): number {
    const value = this.raw(name)
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw this.error(name, 'a whole number')
    }
    return value
  }

  optionalInteger(name: string): number | undefined {
    return this.has(name) ? this.integer(name) : undefined
  }

  flag(name: string): boolean {
    if (!this.has(name)) return false
    const value = this.raw(name)
    if (typeof value !== 'boolean') throw this.error(name, 'true or false')
    return value
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const text = this.string(name)
    const value = values.find((one) => one === text)
    if (value === undefined) throw this.error(name, `one of ${values.join(', ')}`)
    return value
  }

  /** The parts of a list, each with its place for messages. */
  list<T>(name: string, parse: (value: unknown, where: string) => T): readonly T[] {
    const value = this.raw(name)
    if (!Array.isArray(value)) throw this.error(name, 'a list')
    return value.map((one, i) => parse(one, `${this.where}.${name}[${i}]`))
  }

  strings(name: string): readonly string[] {
    return this.list(name, (value, where) => {
      if (typeof value !== 'string') throw new ScenarioError(where, 'is no text')
      return value
    })
  }

  object(name: string): Fields {
    return new Fields(this.raw(name), `${this.where}.${name}`)
  }

  get names(): readonly string[] {
    return [...this.#fields.keys()]
  }

  /** @throws ScenarioError for fields that nobody asked for */
  end(): void {
    const unknown = this.names.filter((name) => !this.#read.has(name))
    if (unknown.length > 0)
      throw new ScenarioError(this.where, `unknown field ${unknown.join(', ')}`)
  }

  error(name: string, wanted: string): ScenarioError {
    if (!this.has(name)) return new ScenarioError(this.where, `has no ${name}`)
    return new ScenarioError(`${this.where}.${name}`, `is not ${wanted}`)
  }
}
