import { readFileSync } from 'node:fs'
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

/**
 * The script behind a package's program, by its manifest: npm does not link the programs of every
 * package from a lock file (those of nx are left out of it).
 */
function programFile(name: string): string {
  // npm's own metadata, of which only `bin` is read.
  const manifest = JSON.parse(
    readFileSync(inRoot('node_modules', name, 'package.json'), 'utf8'),
  ) as { bin: string | Record<string, string> }
  const file = typeof manifest.bin === 'string' ? manifest.bin : (manifest.bin[name] ?? '')
  return inRoot('node_modules', name, file)
}

/** `./dev verify`: everything that is checked without running the code. */
export async function verifyCommand(): Promise<number> {
  await setUp()
  for (const { command, hint } of CHECKS) {
    const [program = '', ...args] = command
    process.stderr.write(`\n$ ${command.join(' ')}\n`)
    const status = await attach([process.execPath, programFile(program), ...args], { cwd: ROOT })
    if (status !== 0) throw new StepError(`\`${command.join(' ')}\` failed.`, { hint })
  }
  return 0
}
