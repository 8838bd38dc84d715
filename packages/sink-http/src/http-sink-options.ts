import type { Duration, SinkBatch, SinkRecord } from '@millrace/core'
import type { HttpAuth } from './auth/http-auth.ts'
import type { HttpAnswer } from './http-answer.ts'

/** Methods that a sink may use. */
export type HttpMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A body: text and bytes are sent as they are, undefined is no body. */
export type HttpBody = string | Uint8Array | undefined

/** Order in which the effects of a partition's records come. */
export type HttpOrder = 'partition' | 'key' | 'none'

/** What becomes of an answer. `fail` ends the app, for what only a person can mend. */
export type HttpOutcome = 'done' | 'retry' | 'reject' | 'fail'

/** What becomes of one record of a batch, told by the answer to the batch. */
export type ItemOutcome = 'done' | 'retry' | { readonly reject: string }

/** How a request is tried again: after a random wait between nothing and a bound that doubles ("full jitter"). */
export interface HttpRetryOptions {
  /** Bound of the first wait. @defaultValue 200 ms */
  readonly initialBackoff?: Duration
  /** The highest bound. @defaultValue 30 seconds */
  readonly maxBackoff?: Duration
  /** The longest wait that an answer may ask for (`Retry-After`, `RateLimit-Reset`). @defaultValue 5 minutes */
  readonly maxRetryAfter?: Duration
}

/** How long the parts of one attempt may take. What takes longer is tried again. */
export interface HttpTimeoutOptions {
  /** Until there is a connection, TLS included. @defaultValue 10 seconds */
  readonly connect?: Duration
  /** From the start of the attempt until the headers of the answer. @defaultValue 30 seconds */
  readonly headers?: Duration
  /** From there until the end of the answer. @defaultValue 30 seconds */
  readonly body?: Duration
}

/** A bound on requests of this process to all destinations, as a token bucket. */
export interface HttpRateLimitOptions {
  /** How many in `per`. */
  readonly requests: number
  /** @defaultValue 1 second */
  readonly per?: Duration
  /** How many at once after a pause. @defaultValue `requests` */
  readonly burst?: number
}

/** TLS, as Node takes it: PEM texts or bytes. */
export interface HttpTlsOptions {
  /** Authorities to trust instead of those of Node. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** The client's certificate, for mutual TLS. */
  readonly cert?: string | Uint8Array
  /** The key of `cert`. */
  readonly key?: string | Uint8Array
  /** The passphrase of `key`. */
  readonly passphrase?: string
  /** The name that the server's certificate must have, where it is not the host of the URL. */
  readonly servername?: string
  /** False trusts everybody: for tests. @defaultValue true */
  readonly rejectUnauthorized?: boolean
}

/** The header that names a request for ever, so that a receiver can have its effect once. */
export interface IdempotencyKeyOptions<S> {
  /** @defaultValue 'Idempotency-Key' */
  readonly header?: string
  /** As a string of structured fields, in quotes, as the draft of the IETF has it; false for it bare. @defaultValue true */
  readonly quoted?: boolean
  /**
   * Must give the same for the same record, in each process and after each restart. At most 255 characters
   * of ASCII. @defaultValue `<sinkId>/<topic>/<partition>/<offset>`, and `/<index>` above 0
   */
  readonly key?: (subject: S) => string
}

/** When a destination that is down is asked no more. Its requests wait then; nothing is dropped. */
export interface HttpCircuitBreakerOptions {
  /** Failed attempts in a row that open the circuit. @defaultValue 10 */
  readonly failures?: number
  /** How long it stays open; then one request is let through, whose outcome decides. @defaultValue 10 seconds */
  readonly openFor?: Duration
}

/** A record made of an answer, for the response topic. Text is UTF-8. */
export interface ResponseRecord {
  readonly key: string | Uint8Array | null
  readonly value: string | Uint8Array | null
  /** Each a name and its value. */
  readonly headers?: Readonly<Record<string, string | Uint8Array>>
}

/** What is the same for records and batches. `S` is what one request is made of. */
export interface HttpRequestOptions<S> {
  /** Headers by name, with templates or functions as values; or a function that gives them all. */
  readonly headers?:
    | Readonly<Record<string, string | ((subject: S) => string)>>
    | ((subject: S) => Readonly<Record<string, string>>)
  /** False sends none: a record that is sent twice has its effect twice then, unless the method and URL see to it. */
  readonly idempotencyKey?: IdempotencyKeyOptions<S> | false
  readonly auth?: HttpAuth
  /**
   * What 401 and 403 mean. 'fail' ends the app with `MR_SINK_FAILED` (credentials are refused, and nothing else
   * would be accepted either), 'reject' takes it as a refusal of the record, 'retry' waits for new credentials.
   * @defaultValue 'fail', and 'reject' where `auth` can get new credentials (it has tried once then)
   */
  readonly onUnauthorized?: 'fail' | 'reject' | 'retry'
  /** Asked for each answer, with what the table of the README makes of it. */
  readonly classify?: (answer: HttpAnswer, proposed: HttpOutcome) => HttpOutcome
  readonly retry?: HttpRetryOptions
  /**
   * How long one request is tried before `onDeliveryTimeout`. The time that its destination's circuit is open
   * does not count. @defaultValue 2 minutes
   */
  readonly deliveryTimeout?: Duration
  /**
   * 'keep-trying' gives the batch back to the runtime, which logs and counts that, and hands it over again
   * (`retry` of `toSink`); what was delivered is not sent again. 'reject' takes the record as refused.
   * @defaultValue 'keep-trying'
   */
  readonly onDeliveryTimeout?: 'keep-trying' | 'reject'
  /**
   * How long 409 (a request of this key is under way) is tried again before the record is rejected.
   * @defaultValue 1 minute
   */
  readonly conflictTimeout?: Duration
  /** Requests under way at once, over all partitions; also the connections to one origin. @defaultValue 32 */
  readonly maxInFlight?: number
  readonly timeouts?: HttpTimeoutOptions
  readonly rateLimit?: HttpRateLimitOptions
  /** One circuit for each origin. @defaultValue 10 failures, 10 seconds */
  readonly circuitBreaker?: HttpCircuitBreakerOptions | false
  readonly tls?: HttpTlsOptions
  /**
   * 'follow' goes after 307 and 308 within the same origin, at most five times, with the same method and body.
   * All else is an error. @defaultValue 'error' for POST and PATCH, 'follow' for PUT and DELETE
   */
  readonly redirects?: 'error' | 'follow'
  /** How much of an answer is kept; the rest is read and dropped, or the connection closed. @defaultValue 64 KiB */
  readonly maxResponseBytes?: number
  /** Texts that no error and no log line may have, besides the credentials in `auth` and in headers. */
  readonly redact?: readonly string[]
}

/** One request for each record. */
export interface HttpRecordSinkOptions<K, V> extends HttpRequestOptions<SinkRecord<K, V>> {
  /**
   * `https://host/orders/{key}`: places are `{key}`, `{value}`, `{topic}`, `{partition}`, `{offset}`, `{index}`,
   * `{timestampMs}`, `{headers.NAME}`, and fields as in `{value.customer.id}`. What is put in is encoded, so that
   * it stays within its segment or parameter; a record without it is rejected. Or a function.
   */
  readonly url: string | URL | ((record: SinkRecord<K, V>) => string | URL)
  /** @defaultValue 'POST' */
  readonly method?: HttpMethod | ((record: SinkRecord<K, V>) => HttpMethod)
  /**
   * A template, whose places are encoded as JSON where `content-type` is JSON (the default), as form fields for
   * `application/x-www-form-urlencoded`, else not at all; or a function.
   * @defaultValue the value: bytes and text as they are, anything else as JSON
   */
  readonly body?: string | ((record: SinkRecord<K, V>) => HttpBody)
  /**
   * A record whose value is null. 'fail' rejects it, 'send' treats it as any other, 'ignore' drops it, 'delete'
   * sends DELETE without a body. @defaultValue 'fail'
   */
  readonly onTombstone?: 'fail' | 'send' | 'ignore' | 'delete'
  /**
   * 'key': of records with the same key one comes after the other, others do not wait for it. 'partition': one
   * after the other. 'none': as they come. @defaultValue 'key'
   */
  readonly order?: HttpOrder
  /** Gets what `onResponse` makes of answers. It must exist. */
  readonly responseTopic?: string
  /** Makes a record of the answer to a delivered one; undefined makes none. Needs `responseTopic`. */
  readonly onResponse?: (answer: HttpAnswer, record: SinkRecord<K, V>) => ResponseRecord | undefined
  readonly batch?: undefined
}

/** One request for each batch. */
export interface HttpBatchSinkOptions<K, V> extends HttpRequestOptions<SinkBatch<K, V>> {
  /** Places of its templates are `{topic}`, `{partition}`, `{firstOffset}`, `{lastOffset}`. Or a function. */
  readonly url: string | URL | ((batch: SinkBatch<K, V>) => string | URL)
  /** @defaultValue 'POST' */
  readonly method?: HttpMethod | ((batch: SinkBatch<K, V>) => HttpMethod)
  /** @defaultValue the values as a JSON array */
  readonly body?: (batch: SinkBatch<K, V>) => HttpBody
  /** 'fail' rejects the record, 'send' leaves it in the batch, 'ignore' drops it. @defaultValue 'fail' */
  readonly onTombstone?: 'fail' | 'send' | 'ignore'
  /** 'partition': one batch after the other. 'none': as they come. @defaultValue 'partition' */
  readonly order?: 'partition' | 'none'
  readonly batch: {
    /**
     * Batches are cut where an offset is a multiple of this, so that they, and their keys, are the same after a
     * restart. A batch waits until it is complete.
     */
    readonly maxRecords: number
    /**
     * Reads an answer that is good for some records and bad for others: an outcome for each record, in order.
     * Only those to be tried again are sent again, under a key of their own.
     */
    readonly outcomes?: (answer: HttpAnswer, batch: SinkBatch<K, V>) => readonly ItemOutcome[]
  }
}

/** Options of {@link httpSink}. */
export type HttpSinkOptions<K, V> = HttpRecordSinkOptions<K, V> | HttpBatchSinkOptions<K, V>
