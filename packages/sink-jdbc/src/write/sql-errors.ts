import { MillraceError } from '@millrace/core'
import type { Dialect, SqlFault } from '../dialects/dialect.ts'
import { textField } from '../dialects/error-fields.ts'
import type { ConnectionConfig } from '../options/resolve-options.ts'
import { RequestEnded } from './guarded-connection.ts'

type Place = Readonly<Record<string, string | number>>

/** Turns what a driver throws into errors of the contract. Nothing it makes holds a password. */
export class SqlErrors {
  readonly #dialect: Dialect
  readonly #target: string
  readonly #user: string | undefined

  constructor(dialect: Dialect, { url, user }: ConnectionConfig) {
    this.#dialect = dialect
    this.#user = user
    this.#target =
      url.kind === 'sqlite'
        ? `${dialect.name} in ${url.database}`
        : `${dialect.name} at ${url.host}:${url.port}/${url.database}`
  }

  classify(error: unknown): SqlFault {
    return error instanceof RequestEnded ? 'unavailable' : this.#dialect.classify(error)
  }

  /** Names the database's error in `at`. */
  placeOf(error: unknown): Place {
    return this.#dialect.placeOf(error)
  }

  /** The error to reject with. What is one already stays as it is. */
  from(error: unknown, at: Place): MillraceError {
    if (MillraceError.is(error)) return error
    const detail = { cause: error, at: { ...at, ...this.placeOf(error) } }
    const fault = this.classify(error)
    switch (fault) {
      case 'unavailable':
        return new MillraceError('MR_SINK_UNAVAILABLE', `${this.#target} does not answer`, {
          ...detail,
          hint: 'Check that the database is up and reachable. The sink goes on by itself when it is back.',
        })
      case 'transaction':
        return new MillraceError(
          'MR_SINK_UNAVAILABLE',
          `${this.#target} gave up a transaction again and again`,
          { ...detail, hint: 'Look for who else locks the rows of this table, and for how long.' },
        )
      case 'denied':
        return new MillraceError(
          'MR_SINK_FAILED',
          `${this.#target} refuses what was asked${this.#asUser()}`,
          {
            ...detail,
            hint: deniedHint(error),
          },
        )
      case 'untrusted':
        return new MillraceError('MR_SINK_FAILED', `${this.#target}: no trusted connection`, {
          ...detail,
          hint: 'See the cause. Give the certificate of the authority (`tls.ca`, or sslrootcert and serverSslCert of the URL), name the host as its certificate does, or let the server take TLS.',
        })
      case 'schema':
        return new MillraceError(
          'MR_SINK_FAILED',
          `A table of ${this.#target} is not as it was when it was looked at`,
          { ...detail, hint: 'See the cause; start again when the change of the table is done.' },
        )
      default:
        return new MillraceError('MR_SINK_FAILED', `${this.#target} failed`, {
          ...detail,
          hint: 'Look at the cause, which is what the database said.',
        })
    }
  }

  #asUser(): string {
    return this.#user === undefined ? '' : ` by ${this.#user}`
  }
}

/** By SQLSTATE, and by the names that MySQL has. */
const DENIED_HINTS: readonly (readonly [RegExp, string])[] = [
  [/^(28|ER_ACCESS_DENIED_ERROR)/, 'Check connectionUser and connectionPassword.'],
  [/^(3D000|ER_BAD_DB_ERROR)/, 'Create the database that connectionUrl names, or correct the URL.'],
  [/^(3F000)/, 'Create the schema that the table names, or correct the name.'],
  [
    /^(42501|ER_TABLEACCESS_DENIED|ER_DBACCESS_DENIED|ER_COLUMNACCESS)/,
    'Grant the user the rights on what the cause names: SELECT, INSERT, UPDATE and DELETE on a table, CREATE where tables are created.',
  ],
]

function deniedHint(error: unknown): string {
  const code = textField(error, 'code') ?? ''
  const hint = DENIED_HINTS.find(([pattern]) => pattern.test(code))?.[1]
  return hint ?? 'Look at the cause, which is what the database or its driver said.'
}
