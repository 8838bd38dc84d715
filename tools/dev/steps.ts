import { isColourful, paint } from './terminal.ts'
import { StepError, tailOf } from './step-error.ts'

/** A failure together with the name of the step in which it happened. */
export class FailedStep extends Error {
  readonly title: string

  constructor(title: string, cause: unknown) {
    super(`Failed: ${title}`, { cause })
    this.title = title
  }
}

export function formatDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`
}

/**
 * Runs `body` and says that it runs, and how long it took. What `body` answers is shown as a
 * remark: "up to date". Not on standard output: that belongs to results, and a shell evaluates what
 * `./dev broker start` prints there.
 *
 * @throws FailedStep with the error of `body` as its cause.
 */
export async function step(
  title: string,
  body: () => Promise<string | undefined>,
  out: NodeJS.WritableStream = process.stderr,
): Promise<void> {
  const colourful = isColourful(out)
  const started = performance.now()
  out.write(colourful ? `  ${title} …` : `  ${title} …\n`)
  const end = (mark: string, colour: 'green' | 'red', remark: string | undefined) => {
    const took = formatDuration(performance.now() - started)
    const detail = remark === undefined || remark === '' ? took : `${remark}, ${took}`
    out.write(`${colourful ? '\r\u001b[2K' : ''}${paint(mark, colour, colourful)} ${title} `)
    out.write(`${paint(`(${detail})`, 'dim', colourful)}\n`)
  }
  try {
    end('✓', 'green', await body())
  } catch (error) {
    end('✗', 'red', undefined)
    throw new FailedStep(title, error)
  }
}

/** What a person needs to read of a failure: the step, the reason, the end of the log, what to do. */
export function explainFailure(error: unknown): string {
  const title = error instanceof FailedStep ? error.title : undefined
  const reason = error instanceof FailedStep ? error.cause : error
  const lines: string[] = []
  if (title !== undefined) lines.push(`Failed: ${title}`)
  if (!(reason instanceof StepError)) {
    lines.push(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason))
    return lines.join('\n')
  }
  lines.push(reason.message)
  const tail = tailOf(reason.output)
  if (tail !== '') lines.push('', ...tail.split('\n').map((line) => `  | ${line}`))
  if (reason.hint !== undefined) lines.push('', `What to do: ${reason.hint}`)
  return lines.join('\n')
}
