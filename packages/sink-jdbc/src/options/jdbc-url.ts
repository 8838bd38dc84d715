/*
 * URLs as JDBC drivers take them. Nothing of a URL is ever part of a problem's text but names of properties:
 * a URL may hold a password anywhere.
 */

/** Databases that have a dialect. */
export type DatabaseKind = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite'

/** How the server's certificate is looked at. */
export type TlsMode = 'off' | 'unverified' | 'verify-ca' | 'verify-full'

/** What a URL says. */
export interface JdbcUrl {
  readonly kind: DatabaseKind
  /** Empty for SQLite. */
  readonly host: string
  readonly port: number
  /** Name of the database, or path of the file. */
  readonly database: string
  readonly user: string | undefined
  readonly password: string | undefined
  readonly tlsMode: TlsMode
  /** Path of a file with certificates. */
  readonly tlsRootCertificate: string | undefined
  readonly schema: string | undefined
  readonly applicationName: string | undefined
  readonly connectTimeoutMs: number | undefined
  /** False where a proxy cannot keep prepared statements (`prepareThreshold=0`). */
  readonly isPrepared: boolean
}

interface MutableUrl {
  kind: DatabaseKind
  host: string
  port: number
  database: string
  user: string | undefined
  password: string | undefined
  tlsMode: TlsMode
  tlsRootCertificate: string | undefined
  schema: string | undefined
  applicationName: string | undefined
  connectTimeoutMs: number | undefined
  isPrepared: boolean
}

type Setter = (url: MutableUrl, value: string) => string | undefined

const PG_TLS: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  require: 'unverified',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
}

const MYSQL_TLS: Readonly<Record<string, TlsMode>> = {
  disabled: 'off',
  disable: 'off',
  required: 'unverified',
  trust: 'unverified',
  verify_ca: 'verify-ca',
  'verify-ca': 'verify-ca',
  verify_identity: 'verify-full',
  'verify-full': 'verify-full',
}

const text =
  (field: 'user' | 'password' | 'schema' | 'applicationName' | 'tlsRootCertificate'): Setter =>
  (url, value) => {
    url[field] = value
    return undefined
  }

const tlsMode =
  (modes: Readonly<Record<string, TlsMode>>): Setter =>
  (url, value) => {
    const mode = modes[value.toLowerCase()]
    if (mode === undefined) return `must be one of ${Object.keys(modes).join(', ')}`
    url.tlsMode = mode
    return undefined
  }

const tlsFlag: Setter = (url, value) => {
  if (value !== 'true' && value !== 'false' && value !== '') return 'must be true or false'
  // As in pgjdbc and Connector/J: TLS with the certificate verified.
  if (value !== 'false') url.tlsMode = 'verify-full'
  return undefined
}

const timeout =
  (unitMs: number): Setter =>
  (url, value) => {
    if (!/^\d{1,9}$/.test(value)) return 'must be a whole number'
    url.connectTimeoutMs = Number(value) * unitMs
    return undefined
  }

const prepareThreshold: Setter = (url, value) => {
  if (!/^\d{1,9}$/.test(value)) return 'must be a whole number'
  url.isPrepared = value !== '0'
  return undefined
}

const POSTGRES: Readonly<Record<string, Setter>> = {
  user: text('user'),
  password: text('password'),
  ssl: tlsFlag,
  sslmode: tlsMode(PG_TLS),
  sslrootcert: text('tlsRootCertificate'),
  currentSchema: text('schema'),
  ApplicationName: text('applicationName'),
  applicationName: text('applicationName'),
  // pgjdbc's is in seconds, Connector/J's in milliseconds.
  connectTimeout: timeout(1000),
  prepareThreshold,
}

const MYSQL: Readonly<Record<string, Setter>> = {
  user: text('user'),
  password: text('password'),
  useSSL: tlsFlag,
  useSsl: tlsFlag,
  sslMode: tlsMode(MYSQL_TLS),
  serverSslCert: text('tlsRootCertificate'),
  connectTimeout: timeout(1),
}

const PROPERTIES: Readonly<Record<DatabaseKind, Readonly<Record<string, Setter>>>> = {
  postgresql: POSTGRES,
  mysql: MYSQL,
  mariadb: MYSQL,
  sqlite: {},
}

const PORTS: Readonly<Record<DatabaseKind, number>> = {
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  sqlite: 0,
}

/** Parses, and adds to `problems` what is wrong. Undefined when that was so much that nothing can be said. */
export function parseJdbcUrl(source: string, problems: string[]): JdbcUrl | undefined {
  const [, kind, rest = ''] =
    /^(?:jdbc:)?(postgresql|mysql|mariadb|sqlite):(.*)$/s.exec(source) ?? []
  if (kind === undefined) {
    const known = /^(?:jdbc:)?([a-z]+):/.exec(source)?.[1]
    problems.push(
      `connectionUrl must begin with jdbc:postgresql:, jdbc:mariadb:, jdbc:mysql: or jdbc:sqlite:${known === undefined ? '' : `; ${known} is not supported`}`,
    )
    return undefined
  }
  // The expression lets only these through.
  const url = emptyUrl(kind as DatabaseKind)
  return url.kind === 'sqlite' ? parseFile(url, rest, problems) : parseServer(url, rest, problems)
}

function emptyUrl(kind: DatabaseKind): MutableUrl {
  return {
    kind,
    host: '',
    port: PORTS[kind],
    database: '',
    user: undefined,
    password: undefined,
    tlsMode: 'off',
    tlsRootCertificate: undefined,
    schema: undefined,
    applicationName: undefined,
    connectTimeoutMs: undefined,
    isPrepared: true,
  }
}

function parseFile(url: MutableUrl, rest: string, problems: string[]): JdbcUrl | undefined {
  const [path = '', query] = rest.split('?')
  if (path === '') problems.push('connectionUrl names no file: jdbc:sqlite:path/to/file.db')
  if (query !== undefined) problems.push('connectionUrl has properties, and SQLite knows none')
  url.database = path
  return url
}

function parseServer(url: MutableUrl, rest: string, problems: string[]): JdbcUrl | undefined {
  if (!rest.startsWith('//')) {
    problems.push(`connectionUrl must have the form jdbc:${url.kind}://host:port/database`)
    return undefined
  }
  if (/^\/\/[^/?@]*,/.test(rest)) {
    problems.push('connectionUrl names several hosts, of which only one is supported')
    return undefined
  }
  if (!URL.canParse(`http:${rest}`)) {
    problems.push(`connectionUrl is not a URL of the form jdbc:${url.kind}://host:port/database`)
    return undefined
  }
  // The scheme is http for the parser's sake: it then knows hosts, ports and escapes.
  const parsed = new URL(`http:${rest}`)
  url.host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  // The parser leaves out port 80, which is http's own.
  if (parsed.port !== '') url.port = Number(parsed.port)
  else if (/^\/\/(?:[^/?]*@)?[^/?@]*:80(?:[/?]|$)/.test(rest)) url.port = 80
  url.database = decode(parsed.pathname.slice(1))
  if (url.database === '' || url.database.includes('/')) {
    problems.push('connectionUrl names no database: //host:port/database')
  }
  if (parsed.username !== '') url.user = decode(parsed.username)
  if (parsed.password !== '') url.password = decode(parsed.password)
  readProperties(url, parsed, problems)
  return url
}

function readProperties(url: MutableUrl, parsed: URL, problems: string[]): void {
  const known = PROPERTIES[url.kind]
  for (const [name, value] of parsed.searchParams) {
    const set = Object.hasOwn(known, name) ? known[name] : undefined
    const problem =
      set === undefined
        ? `is not known; known are ${Object.keys(known).join(', ')}`
        : set(url, value)
    if (problem !== undefined) problems.push(`property ${name} of connectionUrl ${problem}`)
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A percent sign that escapes nothing stands for itself, as in JDBC drivers.
    return part
  }
}
