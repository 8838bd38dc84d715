import { inRoot, ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'
import { StepError } from './step-error.ts'

interface Check {
  readonly command: readonly string[]
  readonly hint: string
}

const CHECKS: readonly Check[] = [
  {
    command: ['nx', 'sync:check'],
    hint: 'Run `npx nx sync` and commit the tsconfig files that it changes.',
  },
  {
    command: ['nx', 'run-many', '-t', 'lint', 'typecheck', 'build', 'check-package'],
    hint: 'The lines above say which project and which check.',
  },
  {
    command: ['prettier', '--check', '.'],
    hint: 'Run `npx prettier --write .` and commit the result.',
  },
]

/** `./dev verify`: everything that is checked without running the code. */
export async function verifyCommand(): Promise<number> {
  await setUp()
  for (const { command, hint } of CHECKS) {
    const [program = '', ...args] = command
    process.stderr.write(`\n$ ${command.join(' ')}\n`)
    const status = await attach([inRoot('node_modules', '.bin', program), ...args], { cwd: ROOT })
    if (status !== 0) throw new StepError(`\`${command.join(' ')}\` failed.`, { hint })
  }
  return 0
}
