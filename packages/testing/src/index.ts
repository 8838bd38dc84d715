export { type KafkaPortUnderTest, testKafkaPort } from './contract/kafka-port.ts'
