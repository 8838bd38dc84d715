import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StreamsBuilder } from './streams-builder.ts'

export type Build = (builder: StreamsBuilder) => unknown

/** Tests that each topology is described as Kafka Streams described it in a recorded run. */
export function testDescriptions(
  theme: string,
  builds: Readonly<Record<string, Build>>,
  expected: Readonly<Record<string, string>>,
): void {
  describe(`describe() prints what Kafka Streams prints: ${theme}`, () => {
    test('every topology of the fixture is built here', () => {
      assert.deepEqual(Object.keys(builds).sort(), Object.keys(expected).sort())
    })

    for (const [name, build] of Object.entries(builds)) {
      test(name, () => {
        const builder = new StreamsBuilder()
        build(builder)
        assert.equal(builder.build().describe(), expected[name])
      })
    }
  })
}
