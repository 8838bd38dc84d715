import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../packages/core/src')

/** Each folder of core, and the folders it may import. A folder may always import itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  errors: ['base'],
  record: ['base'],
  time: ['base', 'record'],
  observe: ['base', 'record'],
  serde: ['base', 'errors', 'record', 'time'],
  config: ['base', 'errors', 'time', 'serde'],
  kafka: ['base', 'errors', 'record', 'config'],
  'kafka/confluent': ['base', 'errors', 'record', 'config', 'kafka', 'observe'],
  state: ['base', 'errors', 'record', 'time', 'observe', 'serde'],
  sink: ['base', 'errors', 'record', 'time', 'observe'],
  processor: ['base', 'errors', 'record', 'time', 'serde', 'state'],
  topology: ['base', 'errors', 'record', 'time', 'serde', 'state', 'sink', 'processor'],
  dsl: [
    'base',
    'errors',
    'record',
    'time',
    'serde',
    'state',
    'sink',
    'processor',
    'topology',
    'dsl/operators',
  ],
  'dsl/operators': ['base', 'errors', 'record', 'time', 'serde', 'state', 'processor'],
  runtime: [
    'base',
    'errors',
    'record',
    'time',
    'observe',
    'serde',
    'config',
    'kafka',
    'state',
    'sink',
    'processor',
    'topology',
  ],
}

/** Packages from outside, and the only folder that may import each. */
const THIRD_PARTY: Readonly<Record<string, string>> = {
  '@confluentinc/kafka-javascript': 'kafka/confluent',
}

const IMPORT =
  /(?:^|\n)(?:import|export)\s+(?:type\s+)?(?:\*[^'{]*|\{[^}]*\}|[\w$]+)\s*from\s+'([^']+)'|(?:\bimport|\brequire)\(\s*'([^']+)'\s*\)/g

function specifiers(source: string): string[] {
  return [...source.matchAll(IMPORT)].flatMap((match) => match[1] ?? match[2] ?? [])
}

/** The row of a file: its folder, two levels where the second has a row of its own. */
function layerOf(file: string): string {
  const [first = '', second = ''] = relative(ROOT, file).split('/')
  return `${first}/${second}` in LAYERS ? `${first}/${second}` : first
}

/** Files at the root (index, internal, create-app) wire everything; test kits and tests may look anywhere below. */
const files = globSync(`${ROOT}/*/**/*.ts`)

test('core folders import only the layers below them', () => {
  const wrong: string[] = []
  for (const file of files) {
    const from = layerOf(file)
    const allowed = LAYERS[from]
    assert.ok(allowed, `${from}/ has no row in LAYERS`)
    if (/\.(test|testkit)\.ts$/.test(file)) continue
    for (const specifier of specifiers(readFileSync(file, 'utf8'))) {
      if (!specifier.startsWith('.')) continue
      const to = layerOf(join(dirname(file), specifier))
      if (to !== from && !allowed.includes(to)) {
        wrong.push(`${relative(ROOT, file)}: ${from}/ must not import ${to}/`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test('a package from outside is imported by its one folder only', () => {
  const wrong: string[] = []
  for (const file of files) {
    for (const specifier of specifiers(readFileSync(file, 'utf8'))) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue
      if (THIRD_PARTY[specifier] !== layerOf(file)) {
        wrong.push(`${relative(ROOT, file)}: ${specifier} is not for ${layerOf(file)}/`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test('no cycle of imports between the files of core', () => {
  const imports = new Map<string, string[]>()
  for (const file of globSync(`${ROOT}/**/*.ts`)) {
    const targets = specifiers(readFileSync(file, 'utf8').replace(/import type[^']*'[^']+'/g, ''))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => join(dirname(file), specifier))
    imports.set(file, targets)
  }
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    assert.equal(
      at,
      -1,
      `cycle: ${[...path.slice(at), file].map((f) => relative(ROOT, f)).join(' → ')}`,
    )
    if (done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
})
