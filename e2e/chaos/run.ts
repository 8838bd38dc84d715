import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChaosBroker } from './chaos-broker.ts'
import { Course, type CourseResult } from './course.ts'
import type { ChaosOptions } from './options.ts'

export interface ChaosResult extends CourseResult {
  /** Logs, state directories and the broker's data; undefined when they are gone. */
  readonly folder: string | undefined
}

/** One run, from the start of its broker to its end. */
export async function runChaos(
  options: ChaosOptions,
  say: (line: string) => void,
  interrupted: AbortSignal,
): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), `millrace-chaos-${options.seed}-`))
  say(`seed ${options.seed}; logs and state in ${folder}`)
  const log: string[] = []
  const tell = (line: string): void => {
    log.push(`${new Date().toISOString()} ${line}`)
    say(line)
  }
  await mkdir(join(folder, 'broker'))
  const broker = await ChaosBroker.start(join(folder, 'broker'))
  let isKept = true
  try {
    const course = new Course({ options, folder, broker, say: tell }, interrupted)
    const result = await course.run()
    isKept = options.keep || result.differences.length + result.failures.length > 0
    return { ...result, folder: isKept ? folder : undefined }
  } finally {
    await broker.stop()
    if (isKept) await writeFile(join(folder, 'chaos.log'), `${log.join('\n')}\n`)
    else await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
