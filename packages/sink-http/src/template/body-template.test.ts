import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBodyTemplate } from './body-template.ts'
import { TemplateError } from './template.ts'

const PLACES = ['key', 'value']

function bodyOf(template: string, subject: object, contentType: string): string {
  const problems: string[] = []
  const body = parseBodyTemplate(template, PLACES, problems)
  assert.deepEqual(problems, [])
  return body(subject, contentType)
}

test('places are written as JSON where the content is JSON', () => {
  const subject = { key: 'a"b\n', value: { n: 1, list: [null], big: 5n, when: new Date(0) } }
  const template = '{"id":{key},"n":{value.n},"l":{value.list},"b":{value.big},"w":{value.when}}'
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'application/ld+json',
  ]) {
    assert.equal(
      bodyOf(template, subject, type),
      '{"id":"a\\"b\\n","n":1,"l":[null],"b":5,"w":"1970-01-01T00:00:00.000Z"}',
    )
  }
  assert.equal(
    bodyOf('{"a":{"b":{key}}}', { key: Buffer.from('é') }, 'application/json'),
    '{"a":{"b":"é"}}',
  )
})

test('places are encoded in a form, and put in as they are elsewhere', () => {
  const subject = { key: 'a&b=c d', value: 1 }
  const form = 'application/x-www-form-urlencoded'
  assert.equal(bodyOf('k={key}&v={value}', subject, form), 'k=a%26b%3Dc%20d&v=1')
  assert.equal(bodyOf('{key}: {value}', subject, 'text/plain'), 'a&b=c d: 1')
})

test('what JSON has not is refused', () => {
  for (const value of [Symbol('x'), () => 1, { n: 1n }]) {
    assert.throws(() => bodyOf('{value}', { value }, 'application/json'), TemplateError)
  }
})

test('an unknown place is told when the template is made', () => {
  const problems: string[] = []
  parseBodyTemplate('{"a":{valeu.id}}', PLACES, problems)
  assert.deepEqual(problems, ['body: {valeu.id} is none of {key}, {value}'])
})
