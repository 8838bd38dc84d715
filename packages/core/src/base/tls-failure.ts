/** Codes of Node and OpenSSL for a certificate that is not trusted, or not to be. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/

/** Whether an error with that code says that there is no trusted connection, which no other try would mend. */
export function isTlsFailure(code: string): boolean {
  return TLS_CODE.test(code)
}
