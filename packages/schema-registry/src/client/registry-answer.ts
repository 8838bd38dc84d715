import { MillraceError } from '@millrace/core'

/** What a registry, or the way to it, has answered instead of what was asked for. */
export interface RegistryAnswer {
  /** HTTP; undefined when there was no answer. */
  readonly status: number | undefined
  /** In the registry's words. Never has credentials: they are in headers only. */
  readonly message: string
  /** Below: what the network said. */
  readonly cause?: unknown
}

/** What was being done, for messages. */
export interface RegistryCall {
  /** As in "cannot … ": `register a schema of subject orders-value`. */
  readonly what: string
  readonly at: Readonly<Record<string, string | number>>
}

const HTTP_UNAUTHORIZED = 401
const HTTP_FORBIDDEN = 403
const HTTP_REQUEST_TIMEOUT = 408
const HTTP_UNPROCESSABLE = 422
const HTTP_TOO_MANY_REQUESTS = 429

/** What Node's TLS says: a certificate that is not trusted stays so, however often one asks. */
const CERTIFICATE = /certificate|SSL routines|EPROTO|TLS/i

/** The error that an answer is. Not of 404 and 409: what they mean depends on what was asked. */
export function errorOf(answer: RegistryAnswer, { what, at }: RegistryCall): MillraceError {
  const { status, message, cause } = answer
  const said = message === '' ? '' : `: ${message}`
  if (status === undefined) return networkError(answer, { what, at })
  if (status === HTTP_UNAUTHORIZED || status === HTTP_FORBIDDEN) {
    const refused = status === HTTP_UNAUTHORIZED ? 'asks for credentials' : 'forbids it'
    return new MillraceError(
      'MR_SCHEMA_ACCESS',
      `Cannot ${what}: the schema registry ${refused} (HTTP ${status})`,
      {
        cause,
        hint: 'Check the option auth, and what its principal may do in the registry.',
        at: { ...at, status },
      },
    )
  }
  if (isTemporary(status)) {
    return new MillraceError('MR_SCHEMA_UNAVAILABLE', `Cannot ${what} (HTTP ${status})${said}`, {
      cause,
      hint: 'Look at the log of the registry. It is asked again.',
      at: { ...at, status },
    })
  }
  if (status === HTTP_UNPROCESSABLE) {
    return new MillraceError('MR_SCHEMA_INVALID', `Cannot ${what}${said}`, {
      cause,
      hint: 'Correct the schema.',
      at: { ...at, status },
    })
  }
  return new MillraceError('MR_SCHEMA_ACCESS', `Cannot ${what} (HTTP ${status})${said}`, {
    cause,
    hint: 'Check that the URL is that of a schema registry with Confluent’s API.',
    at: { ...at, status },
  })
}

function networkError(
  { message, cause }: RegistryAnswer,
  { what, at }: RegistryCall,
): MillraceError {
  const isCertificate = CERTIFICATE.test(message)
  const said = message === '' ? '' : `: ${message}`
  if (isCertificate) {
    return new MillraceError('MR_SCHEMA_ACCESS', `Cannot ${what}: no trusted connection${said}`, {
      cause,
      hint: 'Give the certificate of the authority as tls.ca, or the key pair that the registry asks for.',
      at,
    })
  }
  return new MillraceError('MR_SCHEMA_UNAVAILABLE', `Cannot ${what}: no answer${said}`, {
    cause,
    hint: 'Check that the registry is up, and its URL. It is asked again.',
    at,
  })
}

function isTemporary(status: number): boolean {
  return status >= 500 || status === HTTP_REQUEST_TIMEOUT || status === HTTP_TOO_MANY_REQUESTS
}

/** A schema that its subject does not take. */
export function incompatible(
  subject: string,
  differences: readonly string[],
  cause?: unknown,
): MillraceError {
  const what =
    differences.length === 0 ? 'the registry does not say in what' : differences.join('; ')
  return new MillraceError(
    'MR_SCHEMA_INCOMPATIBLE',
    `The schema is incompatible with those of subject ${subject}: ${what}`,
    {
      cause,
      hint: 'Change the schema so that it is compatible, or the compatibility of the subject.',
      at: { subject },
    },
  )
}
