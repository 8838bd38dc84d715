import type { Awaitable, Duration } from '@millrace/core'
import type { HttpRequest } from '../http-request.ts'

/** A token. */
export interface BearerAuth {
  readonly kind: 'bearer'
  /** A text, or a function that is asked before each attempt: it should keep what it gets. */
  readonly token: string | (() => Awaitable<string>)
}

/** A name and a password. */
export interface BasicAuth {
  readonly kind: 'basic'
  readonly username: string
  readonly password: string
}

/**
 * OAuth 2 client credentials. The token is fetched once for all requests and kept until shortly before it ends;
 * on 401 a new one is fetched, once.
 */
export interface OAuth2Auth {
  readonly kind: 'oauth2'
  /** The token endpoint. It is asked over the same TLS settings. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** Separated by blanks. */
  readonly scope?: string
  /** Further fields of the request, such as `audience` or `resource`. */
  readonly parameters?: Readonly<Record<string, string>>
  /** How the client proves itself: a header, or fields of the body. @defaultValue 'basic' */
  readonly clientAuthentication?: 'basic' | 'body'
  /** How long before its end a token is replaced; a tenth of its life at most. @defaultValue 1 minute */
  readonly refreshBefore?: Duration
}

/** A signature of each request with a shared secret, as webhooks have it. */
export interface HmacAuth {
  readonly kind: 'hmac'
  readonly secret: string | Uint8Array
  /** The header that gets it. @defaultValue 'x-signature' */
  readonly header?: string
  /** @defaultValue 'sha256' */
  readonly algorithm?: 'sha256' | 'sha512'
  /** @defaultValue 'hex' */
  readonly encoding?: 'hex' | 'base64'
  /** Stands before the signature, such as `sha256=`. @defaultValue '' */
  readonly prefix?: string
  /** A header that gets the time in seconds since 1970; what is signed begins with it and a dot then. */
  readonly timestampHeader?: string
  /** What is signed. @defaultValue the body, with the time and a dot before it where there is a `timestampHeader` */
  readonly payload?: (request: HttpRequest, timestampSeconds: number) => string | Uint8Array
}

/** Anything else: gives headers for a request. */
export interface CustomAuth {
  readonly kind: 'custom'
  /** Called before each attempt. */
  readonly authorize: (request: HttpRequest) => Awaitable<Readonly<Record<string, string>>>
  /** Called once for a request that was answered with 401; then it is tried again. */
  readonly refresh?: () => Awaitable<void>
}

/** How requests prove who sends them. */
export type HttpAuth = BearerAuth | BasicAuth | OAuth2Auth | HmacAuth | CustomAuth
