import { once } from 'node:events'
import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { OutputStream } from './member-process.ts'

type Sink = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>

export interface ScreenOptions {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly status: () => string
  /** Between two status lines where stderr is no terminal; 0 for none. */
  readonly statusIntervalMs: number
}

const REDRAW_MS = 250
const COLOURS = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'] as const

/**
 * Lines of the members with their number in front, on the stream that they were written to. On a
 * terminal a status line stays below them; elsewhere one is written now and then.
 */
export class Screen {
  readonly #options: ScreenOptions
  readonly #prefixes = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  #isDrawn = false
  #isDrawDue = false

  constructor(options: ScreenOptions) {
    this.#options = options
  }

  start(): void {
    const { statusIntervalMs } = this.#options
    if (this.#isTerminal) {
      this.#timer = setInterval(() => {
        this.#draw()
      }, REDRAW_MS)
    } else if (statusIntervalMs > 0) {
      this.#timer = setInterval(() => {
        this.say(this.#options.status())
      }, statusIntervalMs)
    }
    this.#timer?.unref()
  }

  /** Takes the status line away. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#erase()
  }

  /** False when the stream has more than it can write for now; {@link drained} tells when to go on. */
  line(member: number, stream: OutputStream, line: string): boolean {
    return this.#write(stream, `${this.#prefix(member, stream)} ${line}\n`)
  }

  /** Also when it fails: what is written then is lost, and nothing is to wait for it. */
  async drained(stream: OutputStream): Promise<void> {
    const sink = this.#options[stream]
    if (!('writableNeedDrain' in sink) || sink.writableNeedDrain !== true) return
    await once(sink, 'drain').catch(() => undefined)
  }

  /** A line of the supervisor itself. */
  say(text: string): void {
    const { stderr } = this.#options
    this.#write('stderr', `${styleText('bold', 'millrace:', { stream: stderr })} ${text}\n`)
  }

  get #isTerminal(): boolean {
    return this.#options.stderr.isTTY === true && process.env['TERM'] !== 'dumb'
  }

  #write(stream: OutputStream, text: string): boolean {
    this.#erase()
    const isTaken = this.#options[stream].write(text)
    this.#drawSoon()
    return isTaken
  }

  #prefix(member: number, stream: OutputStream): string {
    const key = `${stream}${member}`
    const known = this.#prefixes.get(key)
    if (known !== undefined) return known
    const colour = COLOURS[member % COLOURS.length] ?? 'cyan'
    const prefix = styleText(colour, `[${member}]`, { stream: this.#options[stream] })
    this.#prefixes.set(key, prefix)
    return prefix
  }

  /** Once for all lines that come together. */
  #drawSoon(): void {
    if (!this.#isTerminal || this.#isDrawDue || this.#timer === undefined) return
    this.#isDrawDue = true
    setImmediate(() => {
      this.#isDrawDue = false
      if (this.#timer !== undefined) this.#draw()
    })
  }

  #draw(): void {
    const { stderr, status } = this.#options
    this.#erase()
    // A line that wraps could not be erased.
    const line = status().slice(0, Math.max(1, (stderr.columns ?? 80) - 1))
    stderr.write(styleText('dim', line, { stream: stderr }))
    this.#isDrawn = true
  }

  #erase(): void {
    if (!this.#isDrawn) return
    this.#options.stderr.write('\r\u001b[K')
    this.#isDrawn = false
  }
}
