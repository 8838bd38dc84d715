import { type KStream, type KTable, type Serde, serdes, type StreamsBuilder } from '@millrace/core'

/** What the snippets of `docs/coming-from-kafka-streams.md` are about. */
export interface Order {
  readonly customer: string
  readonly country: string
  readonly shop: number
  readonly cents: number
  readonly tags: readonly string[]
}
export interface Payment {
  readonly cents: number
}
export interface Price {
  readonly cents: number
}
export interface Customer {
  readonly name: string
  readonly country: string
  readonly credit: number
}

export const orderSerde: Serde<Order> = serdes.json()
export const paymentSerde: Serde<Payment> = serdes.json()
export const priceSerde: Serde<Price> = serdes.json()
export const customerSerde: Serde<Customer> = serdes.json()

/** Orders by their id. */
export function ordersOf(builder: StreamsBuilder): KStream<string, Order> {
  return builder.stream('orders', { key: serdes.string, value: orderSerde })
}

/** Customers by their id. */
export function customersOf(builder: StreamsBuilder): KTable<string, Customer> {
  return builder.table('customers', {
    key: serdes.string,
    value: customerSerde,
    store: 'customers',
  })
}
