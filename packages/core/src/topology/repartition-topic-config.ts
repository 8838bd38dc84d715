/**
 * Kafka Streams' settings for repartition topics: nothing expires by time, because what was read is
 * deleted explicitly; small segments, so that the deletion frees disk.
 */
export const REPARTITION_TOPIC_CONFIG: Readonly<Record<string, string>> = Object.freeze({
  'cleanup.policy': 'delete',
  'message.timestamp.type': 'CreateTime',
  'retention.ms': '-1',
  'segment.bytes': '52428800',
})
