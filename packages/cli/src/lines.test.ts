import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lines } from './lines.ts'

test('lines are whole however the text is cut, within a character as well', () => {
  const bytes = Buffer.from('grün\r\n\nweiß\nrest')
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lines = new Lines()
    const all = [...lines.push(bytes.subarray(0, cut)), ...lines.push(bytes.subarray(cut))]
    assert.deepEqual([...all, ...lines.end()], ['grün', '', 'weiß', 'rest'], `cut at ${cut}`)
  }
})

test('text without a line end is cut at 64 KiB', () => {
  const lines = new Lines()
  const pieces = lines.push(Buffer.alloc(150_000, 'x'))
  assert.deepEqual(
    [...pieces, ...lines.end()].map(({ length }) => length),
    [65_536, 65_536, 18_928],
  )
})
