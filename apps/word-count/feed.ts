import { fileURLToPath } from 'node:url'
import { feedTopics } from '@millrace/trial'
import { linesOf, readText } from './demo/text.ts'

/** Creates the topics of `main.ts`, where they are missing, and sends it a text, a record a line. */
const { env } = process
const EMMA = fileURLToPath(new URL('data/emma.txt', import.meta.url))
const input = env['INPUT_TOPIC'] ?? 'lines'
const lines = linesOf(await readText(process.argv[2] ?? EMMA))
await feedTopics(
  [input, env['OUTPUT_TOPIC'] ?? 'word-counts'],
  lines.map((line) => ({ topic: input, key: null, value: line })),
)
