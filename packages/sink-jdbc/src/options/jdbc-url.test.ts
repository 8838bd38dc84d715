import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type JdbcUrl, parseJdbcUrl } from './jdbc-url.ts'

function parse(source: string): JdbcUrl {
  const problems: string[] = []
  const url = parseJdbcUrl(source, problems)
  assert.deepEqual(problems, [])
  assert.ok(url)
  return url
}

function problemsOf(source: string): readonly string[] {
  const problems: string[] = []
  parseJdbcUrl(source, problems)
  return problems
}

describe('a JDBC URL', () => {
  test('of PostgreSQL has host, port and database', () => {
    const { kind, host, port, database } = parse('jdbc:postgresql://db.example:5433/shop')
    assert.deepEqual(
      { kind, host, port, database },
      {
        kind: 'postgresql',
        host: 'db.example',
        port: 5433,
        database: 'shop',
      },
    )
  })

  test('has the port of its database unless it says another', () => {
    assert.equal(parse('jdbc:postgresql://h/d').port, 5432)
    assert.equal(parse('jdbc:mysql://h/d').port, 3306)
    assert.equal(parse('jdbc:mariadb://h/d').port, 3306)
    assert.equal(parse('jdbc:mariadb://h:80/d').port, 80)
  })

  test('may be without jdbc:, and of an IPv6 address', () => {
    const { host, port } = parse('postgresql://[::1]:5432/d')
    assert.deepEqual({ host, port }, { host: '::1', port: 5432 })
  })

  test('takes user and password from its properties or before the host, with escapes', () => {
    const asProperties = parse('jdbc:postgresql://h/d?user=ada&password=a%26b%3F')
    assert.deepEqual([asProperties.user, asProperties.password], ['ada', 'a&b?'])
    const before = parse('jdbc:postgresql://ada:p%40ss@h/d')
    assert.deepEqual([before.user, before.password], ['ada', 'p@ss'])
  })

  test('of PostgreSQL takes the properties that are known', () => {
    const url = parse(
      'jdbc:postgresql://h/d?sslmode=verify-full&sslrootcert=/ca.pem&currentSchema=shop&connectTimeout=3&ApplicationName=orders&prepareThreshold=0',
    )
    assert.equal(url.tlsMode, 'verify-full')
    assert.equal(url.tlsRootCertificate, '/ca.pem')
    assert.equal(url.schema, 'shop')
    assert.equal(url.connectTimeoutMs, 3000)
    assert.equal(url.applicationName, 'orders')
    assert.equal(url.isPrepared, false)
  })

  test('of MySQL has its time-out in milliseconds, as its own driver has', () => {
    const url = parse('jdbc:mysql://h/d?connectTimeout=3000&sslMode=REQUIRED')
    assert.deepEqual([url.connectTimeoutMs, url.tlsMode], [3000, 'unverified'])
  })

  test('of SQLite is the path of a file', () => {
    assert.equal(parse('jdbc:sqlite:data/shop.db').database, 'data/shop.db')
    assert.equal(parse('jdbc:sqlite:/var/lib/shop.db').database, '/var/lib/shop.db')
  })

  const WRONG: readonly (readonly [string, RegExp])[] = [
    ['', /must begin with jdbc:postgresql:/],
    ['jdbc:oracle:thin:@//h/d', /oracle is not supported|jdbc is not supported/],
    ['postgresql:/h/d', /must have the form/],
    ['jdbc:postgresql://h', /names no database/],
    ['jdbc:postgresql://h/', /names no database/],
    ['jdbc:postgresql://h:port/d', /is not a URL/],
    ['jdbc:postgresql://a:1,b:2/d', /several hosts/],
    [
      'jdbc:postgresql://h/d?sslmode=maybe',
      /sslmode of connectionUrl must be one of disable, require/,
    ],
    [
      'jdbc:postgresql://h/d?reWriteBatchedInserts=true',
      /reWriteBatchedInserts of connectionUrl is not known; known are user/,
    ],
    ['jdbc:mysql://h/d?allowMultiQueries=true', /allowMultiQueries of connectionUrl is not known/],
    [
      'jdbc:mysql://h/d?connectTimeout=soon',
      /connectTimeout of connectionUrl must be a whole number/,
    ],
    ['jdbc:sqlite:', /names no file/],
    ['jdbc:sqlite:a.db?cache=shared', /SQLite knows none/],
  ]
  for (const [source, expected] of WRONG) {
    test(`is refused: ${JSON.stringify(source)}`, () => {
      const [problem] = problemsOf(source)
      assert.match(problem ?? '', expected)
    })
  }

  test('that is wrong is not repeated: it may hold a password', () => {
    for (const source of [
      'jdbc:postgresql://ada:s3cret@h:port/d',
      'jdbc:postgresql://h?password=s3cret',
      'jdbc:nothing://ada:s3cret@h/d',
      'jdbc:postgresql://h/d?pasword=s3cret',
      'jdbc:sqlite:a.db?password=s3cret',
    ]) {
      const problems = problemsOf(source)
      assert.ok(problems.length > 0)
      assert.ok(!problems.join().includes('s3cret'), problems.join())
    }
  })
})
