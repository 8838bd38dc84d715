import { nodeCommand } from './node-command.ts'
import { inRoot, ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'

/** `./dev chaos [args…]`: starts a broker of its own, since it harms it. */
export async function chaosCommand(args: readonly string[]): Promise<number> {
  await setUp()
  return attach(nodeCommand(inRoot('e2e', 'chaos', 'main.ts'), ...args), { cwd: ROOT })
}
