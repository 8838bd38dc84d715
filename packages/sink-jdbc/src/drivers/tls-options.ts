import { readFile } from 'node:fs/promises'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import type { ConnectionConfig } from '../options/resolve-options.ts'

/** Options of TLS as both drivers take them; false without TLS. */
export async function tlsOptions({
  url,
  tls,
}: ConnectionConfig): Promise<ConnectionOptions | false> {
  if (url.tlsMode === 'off' && tls === undefined) return false
  const ca =
    url.tlsRootCertificate === undefined ? {} : { ca: await readFile(url.tlsRootCertificate) }
  return {
    rejectUnauthorized: url.tlsMode !== 'unverified',
    // 'verify-ca' asks for a known authority, and for no name.
    ...(url.tlsMode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(url.tlsMode === 'verify-full' && { checkServerIdentity }),
    ...ca,
    ...tls,
  }
}
