import { paintFor, type Paint } from './paint.ts'

/** Where the screen writes: standard error, so that standard output holds the result only. */
export interface ScreenTarget {
  readonly isTerminal: boolean
  readonly paint: Paint
  /** Of the terminal: what does not fit would spoil the redrawing. */
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly write: (text: string) => void
}

/** What is shown, as of now. */
export interface ScreenContent {
  /** For a terminal that is large enough. */
  readonly table: (paint: Paint) => readonly string[]
  /** For all else. */
  readonly line: () => string
}

const REDRAW_MS = 200
const LINE_MS = 2000
const TABLE_COLUMNS = 72

/** Standard error, with what it can do. */
export function standardError(): ScreenTarget {
  const { stderr, env } = process
  const isTerminal = stderr.isTTY && env['TERM'] !== 'dumb'
  return {
    isTerminal,
    paint: paintFor(isTerminal, env),
    size: () => ({ columns: stderr.columns, rows: stderr.rows }),
    write: (text) => stderr.write(text),
  }
}

/** Shows the progress: a table that is redrawn in place on a terminal, else a line now and then. */
export class Screen {
  readonly #target: ScreenTarget
  readonly #content: ScreenContent
  #drawn = 0
  #timer: NodeJS.Timeout | undefined

  constructor(target: ScreenTarget, content: ScreenContent) {
    this.#target = target
    this.#content = content
  }

  start(): void {
    const { isTerminal, write } = this.#target
    this.#timer = isTerminal
      ? setInterval(() => {
          this.#draw()
        }, REDRAW_MS)
      : setInterval(() => {
          write(`${this.#content.line()}\n`)
        }, LINE_MS)
  }

  /** A line that stays, above the table. */
  say(line: string): void {
    this.#erase()
    this.#target.write(`${line}\n`)
    if (this.#timer !== undefined && this.#target.isTerminal) this.#draw()
  }

  /** Leaves the table as it is now. Idempotent. */
  stop(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    if (this.#target.isTerminal) this.#draw()
    else this.#target.write(`${this.#content.line()}\n`)
    this.#drawn = 0
  }

  #draw(): void {
    const { write } = this.#target
    const lines = this.#lines()
    this.#erase()
    write(`${lines.join('\n')}\n`)
    this.#drawn = lines.length
  }

  #lines(): readonly string[] {
    const { paint, size } = this.#target
    const { columns, rows } = size()
    const table = this.#content.table(paint)
    const fits = columns >= TABLE_COLUMNS && rows > table.length
    return fits ? table : [this.#content.line().slice(0, columns - 1)]
  }

  #erase(): void {
    if (this.#drawn > 0) this.#target.write(`\u001b[${this.#drawn}A\u001b[0J`)
    this.#drawn = 0
  }
}
