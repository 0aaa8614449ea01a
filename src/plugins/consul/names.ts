// Consul's own names, taken apart: services, tags, nodes, prepared queries, addresses, datacenters. Knows labels; knows no catalog.

/** What a name asks for. `tag` '' asks for none, `datacenter` '' for the usual one. */
export type ConsulName =
  | { readonly kind: 'service'; readonly what: string; readonly tag: string; readonly datacenter: string }
  | { readonly kind: 'node' | 'query'; readonly what: string; readonly datacenter: string }
  | { readonly kind: 'address'; readonly address: Uint8Array };

const KINDS: ReadonlySet<string> = new Set(['service', 'node', 'query', 'addr']);

/** The labels before the zone, leftmost first, in lower case; undefined where they are no name of Consul's. */
export function readName(labels: readonly string[]): ConsulName | undefined {
  const kindAt = labels.findLastIndex((label) => KINDS.has(label));
  const isRfc = labels.length >= 2 && labels[0]!.startsWith('_') && labels[1]!.startsWith('_');
  // `_http._tcp.ZONE` needs no word for its kind (RFC 2782).
  const end = kindAt < 0 ? (isRfc ? 2 : -1) : kindAt;
  if (end < 1) return undefined;
  const [datacenter = '', dc, ...more] = labels.slice(kindAt < 0 ? end : end + 1);
  if (more.length > 0 || (dc !== undefined && dc !== 'dc')) return undefined;
  const before = labels.slice(0, end);
  const kind = kindAt < 0 ? 'service' : labels[kindAt];
  if (kind === 'addr') {
    const address = before.length === 1 && /^([0-9a-f]{8}|[0-9a-f]{32})$/.test(before[0]!) ? Buffer.from(before[0]!, 'hex') : undefined;
    return address === undefined ? undefined : { kind: 'address', address };
  }
  if (kind === 'service') {
    if (isRfc) {
      if (before.length !== 2) return undefined;
      const [what, protocol] = before.map((label) => label.slice(1));
      return what === '' ? undefined : { kind, what: what!, tag: protocol === 'tcp' ? '' : protocol!, datacenter };
    }
    // A tag may have dots; a service may not.
    return { kind, what: before.at(-1)!, tag: before.slice(0, -1).join('.'), datacenter };
  }
  if (kind === 'query' && isRfc) {
    return before.length === 2 && before[0] !== '_' && before[1] === '_tcp' ? { kind, what: before[0]!.slice(1), datacenter } : undefined;
  }
  // Names of nodes and queries may have dots.
  return { kind: kind as 'node' | 'query', what: before.join('.'), datacenter };
}
