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
  readonly status: Promise<number | null>
  readonly #child: ChildProcess

  constructor(context: TestContext, ...args: readonly string[]) {
    const all = ['--conditions=@millrace/source', MAIN, ...args]
    this.#child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (data: Buffer) => (this.stdout += data.toString()))
    this.#child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()))
    this.status = new Promise((resolve) => this.#child.once('close', resolve))
    context.after(() => {
      this.#child.kill('SIGKILL') // its members end by themselves then
      return this.status
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until its output has the text so many times. */
  untilSaid(text: string, times = 1): Promise<void> {
    return until(
      `"${text}" is said`,
      () => (this.stdout + this.stderr).split(text).length > times,
      () => this.stdout + this.stderr,
    )
  }
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
