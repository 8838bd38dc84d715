import assert from 'node:assert/strict'
import { test } from 'node:test'
import { javaMajorFrom } from './kafka-jars.ts'

test('the major version of Java is read in its new and its old form', () => {
  assert.equal(javaMajorFrom('openjdk version "17.0.15" 2025-04-15'), 17)
  assert.equal(javaMajorFrom('openjdk version "21" 2023-09-19'), 21)
  assert.equal(javaMajorFrom('java version "1.8.0_392"'), 8)
  assert.equal(javaMajorFrom('command not found'), undefined)
})
