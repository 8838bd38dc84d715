import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate with its key, both as PEM. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
  readonly name: string
  readonly privateKey: KeyObject
}

export interface CertificateOptions {
  readonly name: string
  /** Who signs it. @defaultValue itself */
  readonly issuer?: TestCertificate
  /** DNS names. @defaultValue none; the address 127.0.0.1 is always there */
  readonly names?: readonly string[]
  /** @defaultValue in a day */
  readonly validUntil?: Date
}

/** DER of X.509, as much as tests of TLS need: P-256, SHA-256, names of hosts. */
export function createCertificate(options: CertificateOptions): TestCertificate {
  const { name, issuer, names = [] } = options
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const dayMs = 86_400_000
  const validUntil = options.validUntil ?? new Date(Date.now() + dayMs)
  const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2)) // ecdsa-with-SHA256
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))), // version 3
    tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(time(new Date(validUntil.getTime() - 2 * dayMs)), time(validUntil)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(names, issuer === undefined))),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), signature])))
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n')
  return {
    ...{ name, privateKey },
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function extensions(names: readonly string[], isAuthority: boolean): readonly Buffer[] {
  const hosts = names.map((name) => tagged(0x82, Buffer.from(name)))
  const alternatives = sequence(...hosts, tagged(0x87, Buffer.of(127, 0, 0, 1)))
  const basic = isAuthority ? sequence(tagged(0x01, Buffer.of(0xff))) : sequence()
  return [
    sequence(oid(2, 5, 29, 17), tagged(0x04, alternatives)),
    sequence(oid(2, 5, 29, 19), tagged(0x01, Buffer.of(0xff)), tagged(0x04, basic)),
  ]
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size =
    length < 0x80
      ? Buffer.of(length)
      : length < 0x100
        ? Buffer.of(0x81, length)
        : Buffer.of(0x82, length >> 8, length & 0xff)
  return Buffer.concat([Buffer.of(tag), size, content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts))

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = rest.flatMap((arc) => {
    const groups = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

/** One common name. */
const nameOf = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(oid(2, 5, 4, 3), tagged(0x0c, Buffer.from(name)))))

const time = (date: Date): Buffer => {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return tagged(0x17, Buffer.from(digits.slice(2)))
}
