import { MillraceError } from '@millrace/core'

/** Imports an optional peer. @throws MillraceError `MR_CONFIG` when it is not installed. */
export async function loadDriver<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : ''
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNKNOWN_BUILTIN_MODULE'
    throw new MillraceError(
      'MR_CONFIG',
      isMissing ? `The driver ${name} is not there` : `The driver ${name} does not load`,
      {
        cause: error,
        hint: name.startsWith('node:')
          ? 'Use a Node that was built with SQLite, as those of nodejs.org are.'
          : `Install it beside @millrace/sink-jdbc: npm install ${name}`,
      },
    )
  }
}
