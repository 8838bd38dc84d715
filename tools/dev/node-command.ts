/** The condition under which packages of this repository resolve to their TypeScript sources. */
const SOURCE_CONDITION = '--conditions=@millrace/source'

/** Node as every program of this repository is run, without a build. */
export const nodeCommand = (...args: readonly string[]): string[] => [
  process.execPath,
  SOURCE_CONDITION,
  ...args,
]
