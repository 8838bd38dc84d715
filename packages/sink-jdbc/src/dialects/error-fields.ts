/** A field of an error that a driver threw, when it is a string. */
export function textField(error: unknown, field: string): string | undefined {
  const value = anyField(error, field)
  return typeof value === 'string' ? value : undefined
}

/** A field of an error that a driver threw, when it is a number. */
export function numberField(error: unknown, field: string): number | undefined {
  const value = anyField(error, field)
  return typeof value === 'number' ? value : undefined
}

function anyField(error: unknown, field: string): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  // Which fields an error has is not known before.
  return (error as Readonly<Record<string, unknown>>)[field]
}

const NETWORK: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** True for an error of the network, whichever driver it came through. */
export function isNetworkError(error: unknown): boolean {
  const code = textField(error, 'code')
  if (code !== undefined && NETWORK.has(code)) return true
  // Node tries all addresses of a host, and reports what each of them said.
  return error instanceof AggregateError && error.errors.some((each) => isNetworkError(each))
}
