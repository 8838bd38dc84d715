import { spawn } from 'node:child_process'

/** What a program has shown, and how it ended. */
export interface FinishedProgram {
  readonly status: number | null
  /** Of standard output. */
  readonly lines: readonly string[]
  /** Standard error. */
  readonly log: string
}

export interface ProgramRun {
  /** A TypeScript file. */
  readonly file: string
  readonly args: readonly string[]
  /** It gets SIGINT when it has logged this. */
  readonly interruptAt?: string
}

/** Runs a program of the repository to its end. */
export function runToEnd({ file, args, interruptAt }: ProgramRun): Promise<FinishedProgram> {
  return new Promise((resolve, reject) => {
    const node = ['--conditions=@millrace/source', '--no-warnings']
    const child = spawn(process.execPath, [...node, file, ...args])
    let output = ''
    let log = ''
    let isInterrupted = false
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (isInterrupted || interruptAt === undefined || !log.includes(interruptAt)) return
      isInterrupted = true
      child.kill('SIGINT')
    })
    child.once('error', reject)
    child.once('close', (status) => {
      resolve({ status, lines: output.trimEnd().split('\n'), log })
    })
  })
}
