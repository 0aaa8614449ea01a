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
