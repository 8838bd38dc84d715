import { programFile } from './program-file.ts'
import { ROOT } from './repository.ts'
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
    command: ['typedoc', '--emit', 'none', '--treatValidationWarningsAsErrors'],
    hint: 'Give each public name a comment; `./dev docs` writes what they come to.',
  },
  {
    command: ['prettier', '--check', '.'],
    hint: 'Run `npx prettier --write .` and commit the result.',
  },
]

/** `./dev verify`: all that is checked without running the code. One failure does not hide the next. */
export async function verifyCommand(): Promise<number> {
  await setUp()
  const failed: Check[] = []
  for (const check of CHECKS) {
    const [program = '', ...args] = check.command
    process.stderr.write(`\n$ ${check.command.join(' ')}\n`)
    const status = await attach([process.execPath, programFile(program), ...args], { cwd: ROOT })
    if (status > 128) return status // Interrupted.
    if (status !== 0) failed.push(check)
  }
  if (failed.length === 0) return 0
  const names = failed.map(({ command }) => `\`${command.join(' ')}\``)
  throw new StepError(`Failed: ${names.join(', ')}.`, {
    hint: failed.map(({ hint }) => hint).join(' '),
  })
}
