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

/** `./dev demo [args…]` */
export const demoCommand = (args: readonly string[]): Promise<number> =>
  runWithBroker(inRoot('apps', 'word-count', 'demo.ts'), args)

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
