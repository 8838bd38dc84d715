import { join } from 'node:path'

/** The root of this checkout. */
export const ROOT: string = join(import.meta.dirname, '..', '..')

export const inRoot = (...parts: readonly string[]): string => join(ROOT, ...parts)
