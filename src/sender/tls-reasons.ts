import type { PeerCertificate } from 'node:tls';

import { describeError, errorCode, inBrackets, SendError } from './outcome.ts';

const REASONS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate comes from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the intermediate certificate is missing, or the authority is not trusted:' +
    ' the receiver has to send its whole chain',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the intermediate certificate is missing: the receiver has to send its whole chain',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate was revoked',
  ERR_SSL_WRONG_VERSION_NUMBER: 'there is no TLS on this port, perhaps plain HTTP',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'there is no TLS on this port, perhaps plain HTTP',
  ERR_SSL_HTTP_REQUEST: 'there is no TLS on this port, but plain HTTP',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    'the receiver offers only HTTP/2, and HTTP/1.1 is needed',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'the receiver offers only HTTP/2, and HTTP/1.1 is needed',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the receiver demands a client certificate, and none is sent',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the receiver refused the handshake; it may demand a client certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the receiver demands a client certificate',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the receiver does not speak TLS 1.2 or 1.3',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the receiver does not speak TLS 1.2 or 1.3',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the receiver does not know the name of the host',
  ECONNRESET: 'the receiver closed the connection',
};

export function isTlsError(error: unknown): boolean {
  return /^ERR_(?:SSL|TLS)_/.test(errorCode(error));
}

/** After TCP has connected, only the TLS handshake is left to fail. */
export function handshakeFailure(error: Error, certificate?: PeerCertificate): Error {
  if (error instanceof SendError) return error;
  return new SendError('tls', `the TLS handshake failed: ${tlsReason(error, certificate)}`, {
    cause: error,
  });
}

/** An alert that came after the handshake, as TLS 1.3 sends it for want of a client certificate. */
export function alertFailure(error: Error): SendError {
  return new SendError('tls', `TLS failed: ${tlsReason(error)}`, { cause: error });
}

function tlsReason(error: Error, certificate?: PeerCertificate): string {
  // OpenSSL 3.5 has renamed the alerts that began with SSLv3.
  const code = errorCode(error).replace('ERR_SSL_SSL/TLS_', 'ERR_SSL_SSLV3_');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return otherNames(error) + inBrackets(code);
  if (code === 'CERT_HAS_EXPIRED') return expiredSince(certificate) + inBrackets(code);
  const reason = REASONS[code];
  return reason === undefined ? code || describeError(error).message : reason + inBrackets(code);
}

function expiredSince(certificate: PeerCertificate | undefined): string {
  const expiredAtMs = Date.parse(certificate?.valid_to ?? '');
  // Else it is one further up in the chain that has expired.
  if (Number.isNaN(expiredAtMs) || expiredAtMs > Date.now()) {
    return 'a certificate of the chain has expired';
  }
  return `the certificate has expired on ${new Date(expiredAtMs).toISOString().slice(0, 10)}`;
}

const SHOWN_NAMES = 5;

function otherNames(error: Error): string {
  const certificate = 'cert' in error ? (error.cert as Partial<PeerCertificate>) : undefined;
  const names = (certificate?.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
  if (names.length === 0) return 'the certificate names no host';
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : '';
  return `the certificate is for ${names.slice(0, SHOWN_NAMES).join(', ')}${more}, not for this host`;
}
