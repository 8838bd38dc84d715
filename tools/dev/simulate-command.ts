import { nodeCommand } from './node-command.ts'
import { inRoot, ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'

/** `./dev simulate [--seeds N] [--from S] [--topology NAME] [--trace]`; needs no broker */
export async function simulateCommand(args: readonly string[]): Promise<number> {
  await setUp()
  const program = inRoot('packages', 'testing', 'src', 'simulation', 'crash', 'main.ts')
  return attach(nodeCommand(program, ...args), { cwd: ROOT })
}
