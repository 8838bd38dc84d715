/** The Apache Kafka that the JVM broker, the compose files and the tests agree on. */
export const KAFKA_VERSION = '4.3.1'
