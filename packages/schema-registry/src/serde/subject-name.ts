/** What a subject is named by. */
export interface SubjectNameContext {
  readonly topic: string
  readonly isKey: boolean
  /** The full name of the record (Avro), of the message (Protobuf), or the title (JSON Schema). */
  readonly recordName: string
}

/**
 * How the subject of a schema is named:
 * - `topic`: `<topic>-key` and `<topic>-value`, one schema a topic
 * - `record`: the name of the record, one schema wherever it is
 * - `topic-record`: `<topic>-<name of the record>`, several schemas a topic
 */
export type SubjectNameStrategy =
  'topic' | 'record' | 'topic-record' | ((context: SubjectNameContext) => string)

export function subjectName(strategy: SubjectNameStrategy, context: SubjectNameContext): string {
  const { topic, isKey, recordName } = context
  if (typeof strategy === 'function') return strategy(context)
  switch (strategy) {
    case 'topic':
      return `${topic}-${isKey ? 'key' : 'value'}`
    case 'record':
      return recordName
    case 'topic-record':
      return `${topic}-${recordName}`
  }
}
