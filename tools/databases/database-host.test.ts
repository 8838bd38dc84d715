import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf } from './database-host.ts'
import { MARIADB_ACCESS } from './mariadb.ts'
import { POSTGRES_ACCESS } from './postgres.ts'

test('a native URL has its parts and its JDBC form', () => {
  const url = 'postgresql://me:s%40crets%26@db.example:6543/orders?sslmode=require'
  assert.deepEqual(addressOf(POSTGRES_ACCESS, url), {
    url,
    jdbcUrl:
      'jdbc:postgresql://db.example:6543/orders?sslmode=require&user=me&password=s%40crets%26',
    host: 'db.example',
    port: 6543,
    database: 'orders',
    user: 'me',
    password: 's@crets&',
  })
})

test('a URL without a port means the usual one of its kind', () => {
  assert.equal(addressOf(POSTGRES_ACCESS, 'postgresql://a:b@h/d').port, 5432)
  assert.equal(addressOf(MARIADB_ACCESS, 'mariadb://a:b@h/d').port, 3306)
})
