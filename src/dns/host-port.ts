// Addresses as Go writes them, `host:port`, taken apart and put together. Knows text; resolves and opens nothing.

/** The two halves of `host:port`. The host of IPv6 has no brackets; both may be empty. */
export interface HostPort {
  readonly host: string;
  readonly port: string;
}

/** Takes `host:port`, `[v6]:port` or `:port` apart. Throws Error with Go's text: `address x: missing port in address`. */
export function splitHostPort(text: string): HostPort {
  const bad = (why: string): never => {
    throw new Error(`address ${text}: ${why}`);
  };
  const colon = text.lastIndexOf(':');
  if (colon < 0) return bad('missing port in address');
  let host = text.slice(0, colon);
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    if (end < 0) return bad("missing ']' in address");
    if (end + 1 === text.length || (end + 1 !== colon && text[end + 1] !== ':')) return bad('missing port in address');
    if (end + 1 !== colon) return bad('too many colons in address');
    host = text.slice(1, end);
    if (host.includes('[')) return bad("unexpected '[' in address");
  } else if (host.includes(':')) return bad('too many colons in address');
  else if (host.includes('[')) return bad("unexpected '[' in address");
  if (host.includes(']') || text.slice(colon).includes(']')) return bad("unexpected ']' in address");
  return { host, port: text.slice(colon + 1) };
}

/** `host:port`, an IPv6 host in brackets. */
export const joinHostPort = (host: string, port: string | number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
