import { crashRun } from '../run/crash-run.ts'
import { printViolation } from './print.ts'
import type { SeedRange, SeedReport, WorkerMessage } from './messages.ts'

/** Runs the seeds that the parent names, until it disconnects. */
export function startWorker(): void {
  process.on('message', (range: SeedRange) => {
    void runRange(range)
  })
  tell({ kind: 'idle' })
}

async function runRange({ from, seeds, topology, trace, keepGoing }: SeedRange): Promise<void> {
  for (let seed = from; seed < from + seeds; seed++) {
    tell({ kind: 'begins', seed })
    const report = await runSeed(seed, topology, trace)
    tell({ kind: 'done', report })
    if (report.violation !== undefined && !keepGoing) break
  }
  tell({ kind: 'idle' })
}

export async function runSeed(
  seed: number,
  topology: string | undefined,
  trace: boolean,
): Promise<SeedReport> {
  const result = await crashRun({ seed, topology })
  return {
    seed,
    violation: result.violations.length === 0 ? undefined : printViolation(result, topology),
    trace: trace
      ? `${result.description}\n${result.trace.print(['fault', 'life', 'log'])}`
      : undefined,
  }
}

function tell(message: WorkerMessage): void {
  process.send?.(message)
}
