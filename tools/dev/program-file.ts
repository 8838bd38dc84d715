import { readFileSync } from 'node:fs'
import { inRoot } from './repository.ts'

/**
 * The script behind a package's program, by its manifest: a lock file may lack the programs of a
 * package, and npm then does not link them.
 */
export function programFile(name: string, packageName: string = name): string {
  // npm's own metadata, of which only `bin` is read.
  const manifest = JSON.parse(
    readFileSync(inRoot('node_modules', packageName, 'package.json'), 'utf8'),
  ) as { bin: string | Record<string, string> }
  const file = typeof manifest.bin === 'string' ? manifest.bin : (manifest.bin[name] ?? '')
  return inRoot('node_modules', packageName, file)
}
