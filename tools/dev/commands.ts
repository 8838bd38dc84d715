import { brokerCommand } from './broker-command.ts'
import { chaosCommand } from './chaos-command.ts'
import { conformanceCommand } from './conformance-command.ts'
import { appCommand, benchCommand, demoCommand, runCommand } from './run-command.ts'
import { docsCommand } from './docs-command.ts'
import { setUp } from './setup.ts'
import { sinksCommand } from './sinks-command.ts'
import { simulateCommand } from './simulate-command.ts'
import { StepError } from './step-error.ts'
import { testCommand } from './test-command.ts'
import { verifyCommand } from './verify-command.ts'

export interface Command {
  readonly usage: string
  readonly summary: string
  /** Resolves to the exit status. */
  run(args: readonly string[]): Promise<number>
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  setup: {
    usage: 'setup',
    summary: 'install everything the other commands need, and nothing else',
    run: () => setUp().then(() => 0),
  },
  demo: {
    usage: 'demo [args…]',
    summary: 'run the word count demo against a broker of its own',
    run: demoCommand,
  },
  app: {
    usage: 'app NAME [args…]',
    summary: 'run a sample on servers of its own, kill it, and check what it wrote',
    run: appCommand,
  },
  test: {
    usage: 'test [patterns…]',
    summary: 'run all tests, or those in the files given',
    run: testCommand,
  },
  verify: {
    usage: 'verify',
    summary: 'lint, type check, build, check the packages and the formatting',
    run: verifyCommand,
  },
  docs: {
    usage: 'docs',
    summary: 'write the API reference to docs/api',
    run: docsCommand,
  },
  broker: {
    usage: 'broker start|stop|status',
    summary: 'a broker that stays; eval "$(./dev broker start)" uses it',
    run: brokerCommand,
  },
  run: {
    usage: 'run FILE [args…]',
    summary: 'run a TypeScript file from its sources, with KAFKA_BROKERS set',
    run: runCommand,
  },
  bench: {
    usage: 'bench [args…]',
    summary: 'run the benchmarks',
    run: benchCommand,
  },
  conformance: {
    usage: 'conformance DIR…',
    summary: 'run recorded scenarios of Kafka Streams, and compare',
    run: conformanceCommand,
  },
  simulate: {
    usage: 'simulate [--seeds N]',
    summary: 'run whole members through crashes on a simulated Kafka',
    run: simulateCommand,
  },
  chaos: {
    usage: 'chaos [--minutes M]',
    summary: 'kill, stop and restart members and a broker of their own, and compare',
    run: chaosCommand,
  },
  sinks: {
    usage: 'sinks TARGET [args…]',
    summary: 'kill processes that write into a real target, and compare',
    run: sinksCommand,
  },
  help: {
    usage: 'help',
    summary: 'show this',
    run: () => {
      process.stdout.write(helpText())
      return Promise.resolve(0)
    },
  },
}

export function helpText(): string {
  const commands = Object.values(COMMANDS)
  const width = Math.max(...commands.map(({ usage }) => usage.length))
  const lines = commands.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`)
  return `Usage: ./dev COMMAND\n\n${lines.join('\n')}\n\nMore: docs/development.md\n`
}

const HELP_FLAGS = ['-h', '--help']

export interface Call {
  readonly command: Command
  readonly args: readonly string[]
}

/** @throws StepError that names the commands there are, for any other word. */
export function parseCall(argv: readonly string[]): Call {
  const [word = 'help', ...args] = argv
  const name = HELP_FLAGS.includes(word) ? 'help' : word
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    throw new StepError(`There is no command \`${word}\`.`, {
      hint: `Use one of: ${Object.keys(COMMANDS).join(', ')}.`,
    })
  }
  return { command, args }
}
