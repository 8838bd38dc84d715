/** Kafka Streams' settings for the changelog of a key-value store. */
export const CHANGELOG_COMPACT: Readonly<Record<string, string>> = Object.freeze({
  'cleanup.policy': 'compact',
  'message.timestamp.type': 'CreateTime',
})
