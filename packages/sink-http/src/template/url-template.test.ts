import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TemplateError } from './template.ts'
import { parseUrlTemplate, targetOfUrl } from './url-template.ts'

const PLACES = ['key', 'value', 'topic', 'partition', 'offset', 'headers']

const record = (key: unknown, value: unknown = null): object => ({
  ...{ key, value, topic: 'orders', partition: 3, offset: 12 },
  headers: [
    { key: 'tenant', value: Buffer.from('first') },
    { key: 'tenant', value: Buffer.from('last') },
  ],
})

function urlOf(template: string, subject: object): string {
  const problems: string[] = []
  const { origin, path } = parseUrlTemplate(template, PLACES, problems).target(subject)
  assert.deepEqual(problems, [])
  return origin + path
}

function problemsOf(template: string): readonly string[] {
  const problems: string[] = []
  parseUrlTemplate(template, PLACES, problems)
  return problems
}

test('places are filled in', () => {
  const value = { id: 7, customer: { name: 'Ada' }, list: ['x'], big: 2n ** 60n, ok: true }
  const cases = [
    ['https://h/orders/{key}', 'https://h/orders/k'],
    ['https://h/{topic}/{partition}/{offset}', 'https://h/orders/3/12'],
    ['https://h/c/{value.customer.name}?id={value.id}', 'https://h/c/Ada?id=7'],
    ['https://h/{value.list.0}/{value.big}/{value.ok}', 'https://h/x/1152921504606846976/true'],
    ['https://h/{headers.tenant}', 'https://h/last'],
    ['https://h:443/a-{key}.json', 'https://h/a-k.json'],
    ['http://h:8080', 'http://h:8080/'],
    ['HTTP://H?x={key}', 'http://h/?x=k'],
    ['https://{key}.example.com/a', 'https://k.example.com/a'],
    ['http://[::1]:80/{key}', 'http://[::1]/k'],
  ] as const
  for (const [template, url] of cases) assert.equal(urlOf(template, record('k', value)), url)
})

test('what is put in stays within its segment or its parameter', () => {
  const evil = '../../admin?x=1&y=2#f %2e \\ é \n'
  const url = urlOf('https://h/orders/{key}/items?name={key}&more=1', record(evil))
  const parsed = new URL(url)
  assert.equal(parsed.pathname.split('/').length, 4)
  assert.equal(decodeURIComponent(parsed.pathname.split('/')[2] ?? ''), evil)
  assert.deepEqual(
    [...parsed.searchParams],
    [
      ['name', evil],
      ['more', '1'],
    ],
  )
  assert.equal(parsed.hash, '')
  assert.equal(urlOf('https://h/{key}', record('%2e%2e')), 'https://h/%252e%252e')
})

test('a segment that would name another resource is refused', () => {
  const cases = [
    ['https://h/orders/{key}', ''],
    ['https://h/orders/{key}', '.'],
    ['https://h/orders/{key}', '..'],
    ['https://h/orders/.{key}', '.'],
    ['https://h/orders/%2e{key}', '.'],
    ['https://h/orders/{key}/items', ''],
  ] as const
  for (const [template, key] of cases) {
    assert.throws(() => urlOf(template, record(key)), TemplateError, `${template} ${key}`)
  }
  assert.equal(urlOf('https://h/orders?key={key}', record('')), 'https://h/orders?key=')
  assert.equal(urlOf('https://h/orders/{key}', record('...')), 'https://h/orders/...')
})

test('a record may choose a label of the host and nothing else of it', () => {
  for (const key of ['evil.com', 'a/b', 'a@b', 'a:80', 'a#', '', '-a', 'a-', 'é', '127.0.0.1']) {
    assert.throws(() => urlOf('https://{key}.example.com/', record(key)), TemplateError, key)
  }
})

test('a record without the field, or with something else than text there, is refused', () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['https://h/{key}', null, /\{key\} is null/],
    ['https://h/{value.id}', null, /nothing for \{value\.id\}/],
    ['https://h/{value.id}', {}, /nothing for \{value\.id\}/],
    ['https://h/{value.id}', { id: undefined }, /nothing for \{value\.id\}/],
    ['https://h/{value.id}', { id: {} }, /\{value\.id\} is object/],
    ['https://h/{value.id}', { id: NaN }, /\{value\.id\} is number/],
    ['https://h/{value.constructor.name}', {}, /nothing for/],
    ['https://h/{value.id}', { id: Uint8Array.of(0xff) }, /no UTF-8/],
    ['https://h/{value.id}', { id: '\ud800' }, /half a character/],
    ['https://h/{headers.missing}', {}, /no header for \{headers\.missing\}/],
  ]
  for (const [template, value, message] of cases) {
    assert.throws(() => urlOf(template, record(null, value)), message)
  }
})

test('problems of a template are told when it is made', () => {
  const cases = [
    ['ftp://h/', /must begin with http/],
    ['/orders', /must begin with http/],
    ['https://', /host or port is invalid/],
    ['https://h:99999/', /host or port is invalid/],
    ['https://u:p@h/', /user or a password/],
    ['https://h:{partition}/', /port may not depend/],
    ['https://h/#top', /fragment/],
    ['https://h/a b', /percent-encoded/],
    ['https://h/{key', /percent-encoded/],
    ['https://h/{}', /percent-encoded/],
    ['https://h/%zz', /percent-encoded/],
    ['https://h/../x', /\. or \.\. segment/],
    ['https://h/{ky}', /\{ky\} is none of \{key\}, \{value\}/],
    ['https://h/{headers}', /\{headers\} is none of/],
  ] as const
  for (const [template, problem] of cases) {
    const problems = problemsOf(template)
    assert.equal(problems.length, 1, `${template}: ${problems.join()}`)
    assert.match(problems[0] ?? '', problem)
  }
})

test('a problem of a URL does not show it', () => {
  assert.doesNotMatch(problemsOf('https://user:hunter2@h/').join(), /hunter2/)
})

test('the URL of a function must be one of http, without a password', () => {
  assert.deepEqual(targetOfUrl('https://h/a?b#c'), { origin: 'https://h', path: '/a?b' })
  assert.deepEqual(targetOfUrl(new URL('http://h:81')), { origin: 'http://h:81', path: '/' })
  for (const url of ['orders', 'file:///etc/passwd', 'https://u@h/']) {
    assert.throws(() => targetOfUrl(url), TemplateError)
  }
})
