// Why handshakes fail, in a few words that can be counted. Knows the codes of OpenSSL's and Node's errors; knows no socket.
import type { FailureReason } from './server-tls.ts';

/** What a code begins with or is, and what that means. The first that fits counts. */
const REASONS: readonly (readonly [code: RegExp, reason: FailureReason])[] = [
  [/HTTP_REQUEST|HTTPS_PROXY|WRONG_VERSION_NUMBER|PACKET_LENGTH|BAD_RECORD_TYPE|UNEXPECTED_MESSAGE|RECORD_TOO_/, 'not_tls'],
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|PROTOCOL_VERSION/, 'version'],
  [/NO_SHARED_CIPHER|NO_SUITABLE|NO_SHARED_GROUP/, 'cipher'],
  [/NO_APPLICATION_PROTOCOL/, 'protocol'],
  [/PEER_DID_NOT_RETURN/, 'no_certificate'],
  [/^ERR_SSL_TLSV1_ALERT|^ERR_SSL_SSLV3_ALERT|ALERT_/, 'refused_by_client'],
  [/^(UNABLE_|DEPTH_|SELF_|CERT_|CERTIFICATE|INVALID_|ERROR_IN_CERT|HOSTNAME_)/, 'bad_certificate'],
  [/TIMEOUT/, 'timeout'],
  [/ECONNRESET|EPIPE|UNEXPECTED_EOF/, 'closed'],
];

/** What the error of a handshake means. */
export function failureReason({ code = '' }: { readonly code?: string | undefined }): FailureReason {
  return REASONS.find(([form]) => form.test(code))?.[1] ?? 'other';
}

/** Alerts of TLS as they stand in a close of QUIC (RFC 9001 section 4.8), from 0x100 on, and what they mean. */
const ALERTS: Readonly<Record<number, FailureReason>> = {
  40: 'cipher', 42: 'bad_certificate', 43: 'bad_certificate', 44: 'bad_certificate', 45: 'bad_certificate', 46: 'bad_certificate',
  47: 'not_tls', 48: 'bad_certificate', 50: 'not_tls', 70: 'version', 116: 'no_certificate', 120: 'protocol',
};
/** What the end of a handshake of QUIC means; an alert of the client's is the client's refusal. */
export function quicFailure({ by, code }: { readonly by: string; readonly code: number }): FailureReason {
  if (by === 'silence') return 'timeout';
  if (by === 'peer') return code >= 0x100 && code < 0x200 ? 'refused_by_client' : 'closed';
  return code >= 0x100 && code < 0x200 ? ALERTS[code - 0x100] ?? 'other' : 'other';
}
