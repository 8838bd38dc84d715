type TopicConfig = Readonly<Record<string, string>>

/** Kafka Streams' settings for the changelog of a key-value store. */
export const CHANGELOG_COMPACT: TopicConfig = Object.freeze({
  'cleanup.policy': 'compact',
  'message.timestamp.type': 'CreateTime',
})

/** What clocks and delays may amount to (Kafka Streams: `windowstore.changelog.additional.retention.ms`). */
const ADDITIONAL_RETENTION_MS = 86_400_000

/** Java's largest long: longer than any clock goes. */
const FOR_EVER = '9223372036854775807'

/** Kafka Streams' settings for the changelog of a window or session store; that of the largest safe integer is for ever. */
export function windowedChangelog(retentionMs: number): TopicConfig {
  return {
    ...CHANGELOG_COMPACT,
    'cleanup.policy': 'compact,delete',
    'retention.ms':
      retentionMs === Number.MAX_SAFE_INTEGER
        ? FOR_EVER
        : String(retentionMs + ADDITIONAL_RETENTION_MS),
  }
}

/** Kafka Streams' settings for the changelog of a versioned store: all versions stay as long as history may ask for them. */
export function versionedChangelog(historyRetentionMs: number): TopicConfig {
  return {
    ...CHANGELOG_COMPACT,
    'min.compaction.lag.ms': String(historyRetentionMs + ADDITIONAL_RETENTION_MS),
  }
}
