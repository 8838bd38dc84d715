import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { withBroker } from './broker-for-command.ts'
import { nodeCommand } from './node-command.ts'
import { inRoot, ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'
import { StepError } from './step-error.ts'

async function runWithBroker(file: string, args: readonly string[]): Promise<number> {
  await setUp()
  return withBroker((brokers) =>
    attach(nodeCommand(file, ...args), {
      cwd: ROOT,
      env: { ...process.env, KAFKA_BROKERS: brokers },
    }),
  )
}

const demoOf = (name: string): string => inRoot('apps', name, 'demo.ts')

/** `./dev demo [args…]` */
export const demoCommand = (args: readonly string[]): Promise<number> =>
  runWithBroker(demoOf('word-count'), args)

/** Samples: folders of `apps` that can show what they do. */
export const appNames = (): readonly string[] =>
  readdirSync(inRoot('apps')).filter((name) => existsSync(demoOf(name)))

/** `./dev app NAME [args…]`: a sample, on servers of its own. */
export function appCommand(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  const names = appNames()
  if (name === undefined || !names.includes(name)) {
    const what =
      name === undefined ? '`app` needs the name of a sample.' : `There is no sample \`${name}\`.`
    throw new StepError(what, { hint: `Use one of: ${names.join(', ')}.` })
  }
  return runWithBroker(demoOf(name), rest)
}

/** `./dev bench [args…]` */
export const benchCommand = (args: readonly string[]): Promise<number> =>
  runWithBroker(inRoot('bench', 'main.ts'), args)

/** `./dev run FILE [args…]` */
export function runCommand(args: readonly string[]): Promise<number> {
  const [file, ...rest] = args
  if (file === undefined) {
    throw new StepError('`run` needs a file.', { hint: 'For example: ./dev run apps/x/main.ts' })
  }
  return runWithBroker(resolve(ROOT, file), rest)
}
