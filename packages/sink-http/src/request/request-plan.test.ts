import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpRequest } from '../http-request.ts'
import { bodyOfRecord, typeOfRecord } from './default-bodies.ts'
import { planRequests, type RequestPlanOptions } from './request-plan.ts'

interface Subject {
  readonly key: string
  readonly value: unknown
}

const DEFAULTS = {
  roots: ['key', 'value'],
  body: bodyOfRecord,
  textType: typeOfRecord,
  key: ({ key }: Subject, sinkId: string) => `${sinkId}/${key}`,
}
const URL_TEXT = 'https://h/{key}'

function requestOf(
  options: Partial<RequestPlanOptions<Subject>>,
  value: unknown = 1,
  asDelete = false,
): HttpRequest {
  const problems: string[] = []
  const plan = planRequests({ url: URL_TEXT, ...options }, DEFAULTS, problems)
  assert.deepEqual(problems, [])
  return plan.build({ key: 'k', value }, 'sink', asDelete)
}

function problemsOf(options: Partial<RequestPlanOptions<Subject>>): readonly string[] {
  const problems: string[] = []
  planRequests({ url: URL_TEXT, ...options }, DEFAULTS, problems)
  return problems
}

test('the content type follows the body', () => {
  const typeOf = (options: Partial<RequestPlanOptions<Subject>>, value: unknown): unknown =>
    requestOf(options, value).headers['content-type']
  assert.equal(typeOf({}, { a: 1 }), 'application/json')
  assert.equal(typeOf({}, 'text'), 'text/plain; charset=utf-8')
  assert.equal(typeOf({}, Uint8Array.of(1)), 'application/octet-stream')
  assert.equal(typeOf({ body: () => '{}' }, 1), 'application/json')
  assert.equal(typeOf({ body: '{value}' }, 1), 'application/json')
  assert.equal(typeOf({ body: () => undefined }, 1), undefined)
  assert.equal(typeOf({ headers: { 'Content-Type': 'text/csv' } }, 'a,b'), 'text/csv')
})

test('a template of a body is encoded for the content type of the headers', () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal(requestOf({ headers, body: 'v={value}' }, 'a b').body, 'v=a%20b')
})

test('DELETE has a body only where one is given', () => {
  assert.equal(requestOf({ method: 'DELETE' }).body, undefined)
  assert.equal(requestOf({ method: 'DELETE', body: '{value}' }).body, '1')
  const tombstone = requestOf({ method: 'PUT', body: '{value}' }, null, true)
  assert.deepEqual(
    [tombstone.method, tombstone.body, tombstone.headers],
    ['DELETE', undefined, { 'idempotency-key': '"sink/k"' }],
  )
})

test('headers are templates or functions, their names in lower case', () => {
  const { headers } = requestOf({ headers: { 'X-Key': 'k-{key}', 'X-Fn': ({ key }) => key } })
  assert.deepEqual([headers['x-key'], headers['x-fn']], ['k-k', 'k'])
  assert.equal(requestOf({ headers: ({ key }) => ({ 'X-All': key }) }).headers['x-all'], 'k')
})

test('a header value cannot begin another header', () => {
  for (const value of ['a\r\nevil: 1', 'a\nb', 'a\u0000', 'snow \u2603']) {
    assert.throws(() => requestOf({ headers: { 'x-a': '{value}' } }, value), /header x-a/)
  }
  assert.throws(() => requestOf({ headers: () => ({ 'x\r\n': 'a' }) }), /no name of a header/)
})

test('the key can be moved, made by a function, or left out', () => {
  const options = { header: 'X-Request-Id', quoted: false, key: () => 'mine' }
  assert.equal(requestOf({ idempotencyKey: options }).headers['x-request-id'], 'mine')
  assert.equal('idempotency-key' in requestOf({ idempotencyKey: false }).headers, false)
})

test('the key of the sink stands, whatever the headers say', () => {
  const { headers } = requestOf({ headers: { 'Idempotency-Key': 'other' } })
  assert.equal(headers['idempotency-key'], '"sink/k"')
})

test('problems are told when the plan is made', () => {
  const cases: readonly (readonly [Partial<RequestPlanOptions<Subject>>, RegExp])[] = [
    [{ url: 'h' }, /^url: /],
    [{ url: 5 as never }, /^url must be/],
    [{ method: 'GET' as never }, /^method must be/],
    [{ headers: { 'a b': 'x' } }, /"a b" is no name of a header/],
    [{ headers: { Host: 'x' } }, /the header Host is set by the client/],
    [{ headers: { 'x-a': 'a\nb' } }, /^headers: x-a: its value/],
    [{ headers: { 'x-a': '{kee}' } }, /^headers: x-a: \{kee\} is none of/],
    [{ body: '{kee}' }, /^body: \{kee\}/],
    [{ idempotencyKey: { header: 'content-length' } }, /^idempotencyKey: /],
  ]
  for (const [options, problem] of cases) {
    const problems = problemsOf(options)
    assert.equal(problems.length, 1, problems.join())
    assert.match(problems[0] ?? '', problem)
  }
})

test('a function that gives something else than it should is named', () => {
  assert.throws(() => requestOf({ method: () => 'GET' as never }), /`method`/)
  assert.throws(() => requestOf({ body: () => ({}) as never }), /`body`/)
  assert.throws(() => requestOf({ url: () => 'x' }), /`url`/)
})
