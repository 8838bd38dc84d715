import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { inForeground, interruption } from './interruption.ts'
import { StepError } from './step-error.ts'

/** Enough for any tail that is shown, and for every answer that is read. */
const MAX_OUTPUT = 1_000_000

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
  /** Runs although the user has asked to stop: it takes away what was started. @defaultValue false */
  readonly isCleanup?: boolean
}

const NEVER: AbortSignal = new AbortController().signal

export interface Finished {
  /** 127 when there is no such program, as in a shell; 128 + n after signal n. */
  readonly status: number
  /** Standard output and error, as they came. */
  readonly output: string
}

const statusOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal])

/** Runs a program without input, and collects what it prints. Any exit status is an answer. */
export function capture(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [program = '', ...args] = command
  const interrupted = options.isCleanup === true ? NEVER : interruption
  interrupted.throwIfAborted()
  return new Promise((resolve, reject) => {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? 30 * 60_000)
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a timeout ends compilers and downloads below it as well.
      detached: true,
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const end = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    }
    deadline.addEventListener('abort', end)
    interrupted.addEventListener('abort', end)
    const settle = (action: () => void) => {
      deadline.removeEventListener('abort', end)
      interrupted.removeEventListener('abort', end)
      if (interrupted.aborted) reject(interrupted.reason as Error)
      else action()
    }
    child.once('error', (error) => {
      settle(() => {
        resolve({ status: 127, output: error.message })
      })
    })
    child.once('close', (code, signal) => {
      settle(() => {
        const late = deadline.aborted ? '\nIt took too long and was ended.' : ''
        resolve({ status: statusOf(code, signal), output: output + late })
      })
    })
  })
}

export interface MustRunOptions extends RunOptions {
  readonly hint: string
}

/** @throws StepError with the program's output when it fails. */
export async function mustRun(
  command: readonly string[],
  options: MustRunOptions,
): Promise<string> {
  const { status, output } = await capture(command, options)
  if (status === 0) return output
  const what = `\`${command.join(' ')}\` ended with status ${String(status)}.`
  throw new StepError(what, { output, hint: options.hint })
}

/**
 * Runs a program on this terminal, as if it had been called from the shell. Resolves to its exit
 * status. Signals are its business; the second one ends it.
 */
export function attach(command: readonly string[], options: RunOptions = {}): Promise<number> {
  const [program = '', ...args] = command
  interruption.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: 'inherit',
    })
    let signals = 0
    const release = inForeground((signal) => {
      signals += 1
      if (signals > 1) child.kill('SIGKILL')
      // A terminal sends Ctrl-C to the child as well; it must not see it twice.
      else if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
    child.once('error', (error) => {
      release()
      reject(new StepError(`\`${program}\` could not be started.`, { cause: error }))
    })
    child.once('exit', (code, signal) => {
      release()
      resolve(statusOf(code, signal))
    })
  })
}
