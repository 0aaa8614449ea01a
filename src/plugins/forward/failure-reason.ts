// What clients are told where no upstream answered (RFC 8914). Knows errors and their codes.
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { ExtendedError } from '../../kernel/query/outcome.ts';
import type { ExchangeError } from '../../upstream/asking.ts';

/** Nobody could be asked. */
export const NO_HEALTHY = new Error('no healthy proxies');

/** Each way in which upstreams fail has its text (RFC 8914 sections 4.23 and 4.24). */
export function failureReason(error: ExchangeError | undefined): ExtendedError {
  if (error === undefined) return { code: INFO_CODE.NO_REACHABLE_AUTHORITY, text: 'no upstream is healthy' };
  if (error.timeout) return { code: INFO_CODE.NO_REACHABLE_AUTHORITY, text: 'no upstream answered in time' };
  if (error.code === 'EBADMSG') return { code: INFO_CODE.NETWORK_ERROR, text: 'the reply of the upstream was malformed' };
  return { code: INFO_CODE.NETWORK_ERROR, text: 'no upstream could be reached' };
}
