import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { inRoot, ROOT } from './dev/repository.ts'

const read = (path: string): string => readFileSync(inRoot(path), 'utf8')

/** What is committed or about to be, without what was deleted meanwhile. */
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(inRoot(path)))

const markdown = tracked.filter((path) => path.endsWith('.md'))

const packages = readdirSync(inRoot('packages')).filter((name) =>
  existsSync(inRoot('packages', name, 'package.json')),
)

/** Lines of `text` outside fenced code, with their fences left out. */
function prose(text: string): string {
  return text.replace(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[^\S\n]*$/gm, '')
}

describe('docs/errors.md', () => {
  /** The one table of the code: `MR_CONFIG: 'fail',`. */
  const source = read('packages/core/src/errors/millrace-error.ts')
  const inCode = [...source.matchAll(/^ {2}(MR_[A-Z_]+): '([a-z]+)',$/gm)]
  const inDocument = [...read('docs/errors.md').matchAll(/^\| *`(MR_[A-Z_]+)` *\| *([^|]*?) *\|/gm)]
  const rows = (matches: readonly RegExpExecArray[]): string[] =>
    matches.map(([, code, action]) => `${code ?? ''} ${action ?? ''}`).sort()

  test('the table in the code is found', () => {
    assert.ok(inCode.length > 20, `found ${inCode.length} codes`)
  })

  test('every code has one row with its action, and no row is without a code', () => {
    assert.deepEqual(rows(inDocument), rows(inCode))
  })
})

describe('links', () => {
  const LINK = /!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)/g

  /** Headings as GitHub turns them into anchors. */
  const anchors = (path: string): readonly string[] =>
    [...prose(read(path)).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )

  for (const file of markdown) {
    test(`those in ${file} lead somewhere`, () => {
      const broken: string[] = []
      for (const [, link = ''] of prose(read(file)).matchAll(LINK)) {
        if (/^[a-z]+:/.test(link)) continue
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? file : normalize(join(dirname(file), path))
        if (!existsSync(inRoot(target))) broken.push(link)
        else if (anchor !== undefined && !anchors(target).includes(anchor)) broken.push(link)
      }
      assert.deepEqual(broken, [])
    })
  }
})

describe('code in documents', () => {
  const BLOCK = /^```ts file=([^\s#]+)(?:#(\S+))?\n([\s\S]*?)^```$/gm

  /** The lines between `// #region <name>` and `// #endregion`, moved to the left. */
  const region = (path: string, name: string): string | undefined => {
    const marked = new RegExp(`^( *)// #region ${name}\\n([\\s\\S]*?)^\\1// #endregion$`, 'm')
    const [, indent = '', lines] = marked.exec(read(path)) ?? []
    return lines?.replace(new RegExp(`^${indent}`, 'gm'), '')
  }

  for (const file of markdown) {
    const blocks = [...read(file).matchAll(BLOCK)]
    if (blocks.length === 0) continue
    test(`blocks of ${file} that name a file, or a region of one, are that`, () => {
      for (const [, path = '', name, code] of blocks) {
        const expected = name === undefined ? read(path) : region(path, name)
        assert.equal(code, expected, `${path} ${name ?? ''}`)
      }
    })
  }

  test('what stands beside Java is taken from files', () => {
    const loose = read('docs/coming-from-kafka-streams.md').match(/^```ts$/gm)
    assert.equal(loose, null)
  })
})

describe('packages', () => {
  for (const name of packages) {
    test(`the README of ${name} has the sections that every package has`, () => {
      const path = join('packages', name, 'README.md')
      assert.ok(existsSync(inRoot(path)), `${path} is missing`)
      const sections = [...prose(read(path)).matchAll(/^## +(.+?) *$/gm)].map((match) => match[1])
      const missing = ['Install', 'First example', 'Options', 'Errors'].filter(
        (section) => !sections.includes(section),
      )
      assert.deepEqual(missing, [])
    })

    test(`the README of the repository links ${name}`, () => {
      assert.match(read('README.md'), new RegExp(`\\]\\(packages/${name}/?[^)]*\\)`))
    })
  }
})

describe('README of core', () => {
  const readme = read('packages/core/README.md')
  /** The names in the first column of the table that begins with this heading. */
  const column = (heading: string): readonly string[] => {
    const [, rows = ''] =
      new RegExp(`^\\| ${heading} .*\\n\\|[-| ]+\\n((?:\\|.*\\n)+)`, 'm').exec(readme) ?? []
    return [...rows.matchAll(/^\| *`([A-Za-z]+)` *\|/gm)].map(([, name = '']) => name).sort()
  }
  /** The fields of interfaces, comments left out. */
  const fields = (path: string, names: readonly string[]): readonly string[] =>
    names
      .flatMap((name) => {
        const [, body = ''] =
          new RegExp(`interface ${name} [^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(read(path)) ?? []
        return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, field = '']) => field)
      })
      .sort()

  test('its table of options has every option, and no other', () => {
    const options = [
      ...fields('packages/core/src/config/app-options.ts', ['AppSettings', 'HandlerOptions']),
      ...fields('packages/core/src/runtime/app.ts', ['AppOptions']),
    ]
    assert.ok(options.length > 20)
    assert.deepEqual(column('Option'), options.sort())
  })

  test('its table of metrics has every metric, and no other', () => {
    const metrics = fields('packages/core/src/runtime/task-metrics.ts', ['AppMetrics'])
    assert.ok(metrics.length > 5)
    assert.deepEqual(column('Metric'), metrics)
  })
})

/** What would tie the project to one machine or one mirror. Spelt so that this file does not match. */
const FOREIGN: readonly (readonly [string, RegExp])[] = [
  ['a folder of one machine', /(?<![\w./~-])\/(?:wor[k]|roo[t]|home\/[a-z]\w*)\//],
  [
    'the host of a package registry',
    /\b(?:registry\.[a-z-]+\.[a-z]{2,}|(?:www\.)?npmjs\.(?:com|org)|pypi\.or[g]|pythonhosted\.or[g]|repo1?\.maven\.[a-z]+)\b/,
  ],
]

describe('tracked files', () => {
  for (const [what, pattern] of FOREIGN) {
    test(`none names ${what}`, () => {
      const found = tracked.flatMap((path) =>
        read(path)
          .split('\n')
          .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
      )
      assert.deepEqual(found, [])
    })
  }
})
