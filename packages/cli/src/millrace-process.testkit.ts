import { type ChildProcess, spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
export const FIXTURE: string = fileURLToPath(new URL('fixture-member.testkit.ts', import.meta.url))

const PATIENCE_MS = 30_000
const LOOK_EVERY_MS = 10

/** `millrace` as a program, from the sources; it is killed when the test ends. */
export class MillraceProcess {
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  #closed: { readonly status: number | null } | undefined

  constructor(context: TestContext, ...args: readonly string[]) {
    const all = ['--conditions=@millrace/source', MAIN, ...args]
    this.#child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (data: Buffer) => (this.stdout += data.toString()))
    this.#child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()))
    this.#child.once('close', (status) => (this.#closed = { status }))
    context.after(() => {
      this.#child.kill('SIGKILL') // its members end by themselves then
      return this.untilEnded()
    })
  }

  /** Its exit status; null after a signal. */
  async untilEnded(): Promise<number | null> {
    await until('millrace has ended', () => this.#closed !== undefined, this.#lastWords)
    return this.#closed?.status ?? null
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Nobody reads its standard output any more. */
  closeOutput(): void {
    this.#child.stdout?.destroy()
  }

  /** Waits until its output has the text so many times. */
  untilSaid(text: string, times = 1): Promise<void> {
    return until(
      `"${text}" is said`,
      () => this.#lastWords().split(text).length > times,
      this.#lastWords,
    )
  }

  readonly #lastWords = (): string => this.stdout + this.stderr
}

/** @throws Error that says what was waited for */
export async function until(
  what: string,
  look: () => boolean,
  lastWords = (): string => '',
): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS
  while (!look()) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not so\n${lastWords()}`)
    await sleep(LOOK_EVERY_MS)
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false // ESRCH: there is no such process
  }
}
