import { createCertificate } from '@millrace/tools/tls'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultServer } from './fault-server.testkit.ts'
import { Bed, QUICK } from './sink-bed.testkit.ts'

const authority = createCertificate({ name: 'Authority' })
const server = createCertificate({ name: 'server', issuer: authority, names: ['sink.test'] })
const ONE = [{ key: 'a', value: 1 }]

test('a server whose authority is given is trusted', async () => {
  const target = await FaultServer.start(() => undefined, server)
  const bed = await Bed.open({ ...QUICK, url: target.url, tls: { ca: authority.cert } })

  await bed.write(ONE)

  assert.equal(target.effects.length, 1)
})

test('authorities may be several, and bytes', async () => {
  const other = createCertificate({ name: 'Other' })
  const ca = [other.cert, Buffer.from(authority.cert)]
  const target = await FaultServer.start(() => undefined, server)
  const bed = await Bed.open({ ...QUICK, url: target.url, tls: { ca } })

  await bed.write(ONE)

  assert.equal(target.effects.length, 1)
})

test('a server that is not trusted ends the app when the sink opens, and says why', async () => {
  const target = await FaultServer.start(() => undefined, server)
  const bed = Bed.create({ ...QUICK, url: target.url })

  await assert.rejects(bed.openSink(), {
    code: 'MR_SINK_FAILED',
    message: `${target.url}: no trusted connection (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
  })
})

test('so does a certificate that has expired, or is of another host', async () => {
  const expired = createCertificate({
    ...{ name: 'old', issuer: authority, validUntil: new Date(Date.now() - 1000) },
  })
  const old = await FaultServer.start(() => undefined, expired)
  const bed = Bed.create({ ...QUICK, url: old.url, tls: { ca: authority.cert } })
  await assert.rejects(bed.openSink(), { message: /CERT_HAS_EXPIRED/ })

  const target = await FaultServer.start(() => undefined, server)
  const other = Bed.create({
    ...QUICK,
    url: target.url,
    tls: { ca: authority.cert, servername: 'other.test' },
  })
  await assert.rejects(other.openSink(), { message: /ERR_TLS_CERT_ALTNAME_INVALID/ })
})

test('a name other than that of the URL may be expected', async () => {
  const target = await FaultServer.start(() => undefined, server)
  const bed = await Bed.open({
    ...QUICK,
    url: target.url,
    tls: { ca: authority.cert, servername: 'sink.test' },
  })

  await bed.write(ONE)

  assert.equal(target.effects.length, 1)
})

test('a client proves itself with its certificate, and not without one', async () => {
  const client = createCertificate({ name: 'client', issuer: authority })
  const mutual = { ...server, ca: authority.cert }
  const target = await FaultServer.start(() => undefined, mutual)
  const bed = await Bed.open({
    ...QUICK,
    url: target.url,
    tls: { ca: authority.cert, cert: client.cert, key: client.key },
  })
  await bed.write(ONE)
  assert.equal(target.effects.length, 1)

  // TLS 1.3 refuses a client after the handshake, so it is the first request that learns of it.
  const bare = await Bed.open({
    ...{ ...QUICK, url: target.url, tls: { ca: authority.cert }, deliveryTimeout: 1 },
  })
  const error = await bare.failure(ONE)
  assert.match(error.message, /the target has closed the connection|ERR_SSL_|ECONNRESET/)
  assert.equal(target.effects.length, 1)
})

test('anybody is trusted where the options say so', async () => {
  const target = await FaultServer.start(() => undefined, server)
  const bed = await Bed.open({
    ...QUICK,
    url: target.url,
    tls: { rejectUnauthorized: false },
  })

  await bed.write(ONE)

  assert.equal(target.effects.length, 1)
})
