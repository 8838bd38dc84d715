export { MockSchemaRegistry } from './mock-schema-registry.ts'
export { testSchemaRegistryClient } from './schema-registry-contract.ts'
