import { MillraceError } from './millrace-error.ts'

/** The same error, with the place where it came up. What it says of its place itself counts; if that is all, it stays itself. */
export function withPlace(
  error: MillraceError,
  place: Readonly<Record<string, string | number>>,
): MillraceError {
  const at = { ...place, ...error.at }
  if (Object.keys(at).length === Object.keys(error.at).length) return error
  const { code, message, cause, hint, ready, stack } = error
  const detail = { cause, at, ready, ...(hint === undefined ? {} : { hint }) }
  const placed = new MillraceError(code, message, detail)
  return stack === undefined ? placed : Object.assign(placed, { stack })
}
