// The URL under which an API is reached, as client-go takes it. Knows its parts; knows no sockets.
import { quoted } from '../wording/quote.ts';
import { ApiError, clientRefused } from './api-error.ts';

/** The parts of an API's URL. */
export interface Endpoint {
  readonly secure: boolean;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Host and port as they were given: what Host headers and metrics show. */
  readonly authority: string;
  /** What stands before each path; empty or beginning with `/`, never ending with it. */
  readonly prefix: string;
}

/** Reads a URL or `host:port`, which is http unless `secure`. Throws ApiError `configuration`. */
export function readEndpoint(text: string, secure: boolean): Endpoint {
  const refuse = () => clientRefused(`host must be a URL or a host:port pair: ${quoted(text)}`);
  const [, scheme, rest = text] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(text) ?? [];
  const [, authority, host = '', port, path = ''] = /^((\[[^\]\s]+\]|[^\s:/?#[\]@]+)(?::(\d{1,5}))?)(\/[^\s?#]*)?$/.exec(rest) ?? [];
  if (authority === undefined || (scheme === undefined && path !== '' && path !== '/')) throw refuse();
  const protocol = scheme?.toLowerCase() ?? (secure ? 'https' : 'http');
  if (protocol !== 'http' && protocol !== 'https') {
    throw new ApiError('configuration', `unsupported protocol scheme ${quoted(protocol)} in ${quoted(text)}`);
  }
  const number = port === undefined ? (protocol === 'https' ? 443 : 80) : Number(port);
  if (number > 65535) throw refuse();
  return { secure: protocol === 'https', host: host.replace(/^\[|\]$/g, ''), port: number, authority, prefix: path.replace(/\/+$/, '') };
}
