#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs'
import { helpText, readCommand, type RunOptions } from './command-line.ts'
import { Rate } from './rate.ts'
import { Screen } from './screen.ts'
import { statusLine } from './status.ts'
import { Supervisor } from './supervisor.ts'

async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2), process.cwd())
  switch (command.kind) {
    case 'help':
      process.stdout.write(helpText())
      return 0
    case 'version':
      process.stdout.write(`${ownVersion()}\n`)
      return 0
    case 'wrong':
      process.stderr.write(`${command.problems.join('\n')}\n\nSee millrace --help.\n`)
      return 2
    case 'run':
      return runMembers(command.options)
  }
}

async function runMembers(options: RunOptions): Promise<number> {
  const problem = fileProblem(options.file)
  if (problem !== undefined) {
    process.stderr.write(`${options.file} cannot be run: ${problem}\n`)
    return 2
  }
  const { stdout, stderr } = process
  const rate = new Rate()
  const screen: Screen = new Screen({
    stdout,
    stderr,
    statusIntervalMs: options.statusIntervalMs,
    status: () => {
      const { members } = supervisor
      const processed = members.reduce((sum, member) => sum + member.processed, 0)
      return statusLine(members, rate.perSecond(processed, performance.now()))
    },
  })
  const supervisor = new Supervisor(options, screen)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      supervisor.stop(signal)
    })
  }
  // The terminal is closed, or nobody reads the output any more: nobody could stop the members then.
  process.on('SIGHUP', () => {
    supervisor.stop('SIGTERM')
  })
  for (const stream of [stdout, stderr]) {
    stream.setMaxListeners(0) // each member whose output waits has one
    stream.once('error', () => {
      supervisor.stop('SIGTERM')
    })
    // Every further line fails too, and is no further request to stop.
    stream.on('error', () => undefined)
  }
  screen.start()
  const status = await supervisor.run()
  screen.stop()
  return status
}

/** Also when it can be written no more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve()
    })
  })
}

/** What is wrong with the file, before as many processes fail of it as there are members. */
function fileProblem(file: string): string | undefined {
  try {
    return statSync(file).isFile() ? undefined : 'it is no file'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return code === 'ENOENT' ? 'there is no such file' : code
  }
}

function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version // our own package.json
}

const status = await main()
await Promise.all([written(process.stdout), written(process.stderr)])
// At once. A process below a member may hold its output open, which would keep this one alive; and one
// that ends by itself takes its handlers away first, and a signal that comes then is its status.
process.exit(status)
