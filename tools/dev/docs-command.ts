import { programFile } from './program-file.ts'
import { inRoot, ROOT } from './repository.ts'
import { attach } from './run-program.ts'
import { setUp } from './setup.ts'

/** `./dev docs`: the API reference, from the comments of the public names. */
export async function docsCommand(args: readonly string[]): Promise<number> {
  await setUp()
  // Each package sees the others as they are built.
  const build = await attach([process.execPath, programFile('tsc', 'typescript'), '--build'], {
    cwd: ROOT,
  })
  if (build !== 0) return build
  const status = await attach([process.execPath, programFile('typedoc'), ...args], { cwd: ROOT })
  if (status === 0 && args.length === 0) {
    process.stdout.write(`${inRoot('docs', 'api', 'index.html')}\n`)
  }
  return status
}
