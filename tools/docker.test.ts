import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { KAFKA_VERSION } from './broker/kafka-version.ts'
import { serverProperties } from './broker/server-properties.ts'
import { composeCommand } from './dev/compose-broker.ts'
import { inRoot } from './dev/repository.ts'
import { capture } from './dev/run-program.ts'

const FOLDER = inRoot('docker')
const BROKER_FILES = ['compose.kafka.yaml', 'compose.redpanda.yaml']
const DATABASE_FILE = 'compose.databases.yaml'
const OTHER_FILES = ['compose.test.yaml', 'compose.demo.yaml']
const SAMPLES = ['word-count', 'webhooks', 'orders-to-postgres']

const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8')

/** Every way in which the files are meant to be put together. */
const combinations = [
  ...BROKER_FILES.flatMap((broker) => [[broker], ...OTHER_FILES.map((other) => [broker, other])]),
  [DATABASE_FILE],
  ...SAMPLES.map((name) => [
    'compose.kafka.yaml',
    ...(name === 'orders-to-postgres' ? [DATABASE_FILE] : []),
    join('..', 'apps', name, 'compose.yaml'),
  ]),
]

const compose = await composeCommand()

describe('compose files', () => {
  test('every compose file is one of those that are checked here', () => {
    const files = readdirSync(FOLDER).filter((file) => file.startsWith('compose.'))
    assert.deepEqual(files.sort(), [...BROKER_FILES, DATABASE_FILE, ...OTHER_FILES].sort())
  })

  for (const files of combinations) {
    test(
      `${files.join(' + ')} is valid`,
      { skip: compose === undefined ? 'there is no compose command on PATH' : false },
      async () => {
        const paths = files.flatMap((file) => ['-f', join(FOLDER, file)])
        const { status, output } = await capture([...(compose ?? []), ...paths, 'config'])
        assert.equal(status, 0, output)
        assert.match(output, /services:/)
      },
    )
  }

  test('the image of Kafka is the version of the broker that runs without Docker', () => {
    assert.match(read('compose.kafka.yaml'), new RegExp(`image: apache/kafka:${KAFKA_VERSION}\n`))
  })

  test('Kafka in Docker has the settings of the broker that runs without it', () => {
    const text = read('compose.kafka.yaml')
    const properties = serverProperties('', { client: 1, internal: 2, controller: 3 }, {})
    const addresses = /listeners$|quorum\.voters$|^log\.dirs$/
    for (const [name, value] of Object.entries(properties)) {
      if (addresses.test(name)) continue
      const variable = `KAFKA_${name.replaceAll('.', '_').toUpperCase()}`
      const line = new RegExp(`^ +${variable}: '?${value}'?$`, 'm')
      assert.match(text, line, `${variable} should be ${value}`)
    }
  })
})

test('every image has a version that does not move', () => {
  const files = [...BROKER_FILES, DATABASE_FILE, ...OTHER_FILES, 'Dockerfile'].map(read).join('\n')
  const stages = [...files.matchAll(/^FROM \S+ AS (\S+)$/gm)].map((match) => match[1])
  const images = [...files.matchAll(/^(?: *image:|FROM) (\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((image) => !stages.includes(image))
  assert.equal(images.length, 6)
  for (const image of images) assert.match(image, /:v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$/)
})
