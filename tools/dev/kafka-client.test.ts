import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildEnvironment, cacheKey, type Target } from './kafka-client.ts'

const target: Target = {
  version: '1.10.1',
  abi: '137',
  platform: 'linux',
  arch: 'x64',
  libc: 'glibc',
}

test('whatever decides whether an addon loads is part of its cache key', () => {
  const others: Target[] = [
    { ...target, version: '1.10.2' },
    { ...target, abi: '127' },
    { ...target, platform: 'darwin' },
    { ...target, arch: 'arm64' },
    { ...target, libc: 'musl' },
  ]
  const keys = new Set([target, ...others].map(cacheKey))
  assert.equal(keys.size, others.length + 1)
  assert.equal(cacheKey(target), '1.10.1-abi137-linux-x64-glibc')
})

test('the client is linked to system libraries and built one job at a time', () => {
  const env = buildEnvironment({ JOBS: '8', HOME: 'h' }, 'prefix')
  assert.equal(env.JOBS, undefined)
  assert.equal(env.HOME, 'h')
  assert.equal(env.CKJS_LINKING, 'dynamic')
  assert.equal(env.npm_config_nodedir, 'prefix')
})

test('without headers beside Node, the choice of headers is left to node-gyp', () => {
  assert.equal('npm_config_nodedir' in buildEnvironment({}, undefined), false)
})
