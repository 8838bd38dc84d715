import { nodeCommand } from './node-command.ts'
import { inRoot, ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'

/** `./dev conformance [--store memory|rocksdb|both] DIR…`; needs no broker */
export async function conformanceCommand(args: readonly string[]): Promise<number> {
  await setUp()
  return attach(nodeCommand(inRoot('e2e', 'conformance', 'main.ts'), ...args), { cwd: ROOT })
}
