import { nodeCommand } from './node-command.ts'
import { inRoot, ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'

/** `./dev sinks TARGET [args…]`: starts a broker and a target of its own. */
export async function sinksCommand(args: readonly string[]): Promise<number> {
  await setUp()
  return attach(nodeCommand(inRoot('e2e', 'sink-trial', 'main.ts'), ...args), { cwd: ROOT })
}
