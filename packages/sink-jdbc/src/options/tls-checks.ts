import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { JdbcUrl } from './jdbc-url.ts'

/** Whether the certificate must be of the host: as in Node, also where nothing but `tls` turns TLS on. */
export function checksName(url: JdbcUrl, tls: ConnectionOptions | undefined): boolean {
  return url.tlsMode === 'verify-full' || (url.tlsMode === 'off' && tls !== undefined)
}

/** What would be left out without a word, or refused without a reason. */
export function checkTls(
  url: JdbcUrl,
  tls: ConnectionOptions | undefined,
  problems: string[],
): void {
  if (url.tlsRootCertificate !== undefined && url.tlsMode === 'off' && tls === undefined) {
    problems.push(
      'connectionUrl: it names an authority, and TLS is off: set ssl=true or useSSL=true',
    )
  }
  if (url.kind !== 'postgresql') checkMysqlTls(url, tls, problems)
}

/** What the driver `mysql2` cannot do. */
function checkMysqlTls(url: JdbcUrl, tls: ConnectionOptions | undefined, problems: string[]): void {
  for (const name of ['checkServerIdentity', 'servername'] as const) {
    if (tls?.[name] !== undefined) problems.push(`tls.${name}: mysql2 does not take it`)
  }
  if (isIP(url.host) !== 0 && tls?.rejectUnauthorized !== false && checksName(url, tls)) {
    problems.push(
      `connectionUrl: mysql2 checks names in certificates, and ${url.host} is an address: name the host, or set sslMode=VERIFY_CA`,
    )
  }
}
