// *local* responds with a basic reply to a localhost request. Knows the names that are this machine's alone (LOC-1, LOC-2).
import { parseIPv6 } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { rr } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { A, AAAA, NS, PTR, SOA } from '../../dns/types.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Zones } from '../../kernel/site/zones.ts';
import { quoted } from '../../wording/quote.ts';

const TTL = 604800;
const LOCALHOST = Name.parse('localhost.');
const ZONES = new Zones(['localhost.', '0.in-addr.arpa.', '127.in-addr.arpa.', '255.in-addr.arpa.'].map((text) => Name.parse(text)));
const LOOPBACK = Name.parse('1.0.0.127.in-addr.arpa.').key;

const soa = (owner: Name): RR =>
  rr(owner, SOA, TTL, { mname: LOCALHOST, rname: Name.parse('root.localhost.'), serial: 1, refresh: 0, retry: 0, expire: 0, minimum: TTL });

/** The loopback address of the question's family, or no data. */
function loopback(query: Query): Message {
  const { name } = query;
  if (query.type === TYPE.A) return query.reply({ answer: [rr(name, A, TTL, { address: Uint8Array.of(127, 0, 0, 1) })] });
  if (query.type === TYPE.AAAA) return query.reply({ answer: [rr(name, AAAA, TTL, { address: parseIPv6('::1')! })] });
  return query.reply({ authority: [soa(name)] });
}

/** A name in one of the four zones. `zone` keeps the query's case, as CoreDNS does. */
function inZone(query: Query, zone: Name): Message {
  const { name } = query;
  if (name.key.length === zone.key.length) {
    if (zone.equals(LOCALHOST) && (query.type === TYPE.A || query.type === TYPE.AAAA)) return loopback(query);
    if (query.type === TYPE.SOA) return query.reply({ answer: [soa(name)] });
    if (query.type === TYPE.NS) return query.reply({ answer: [rr(name, NS, TTL, { host: LOCALHOST })] });
    return query.reply({ authority: [soa(name)] });
  }
  const spelt = Name.wire(name.raw.slice(name.raw.length - zone.raw.length));
  if (name.key !== LOOPBACK) return query.reply({ rcode: RCODE.NXDOMAIN, authority: [soa(spelt)] });
  if (query.type !== TYPE.PTR) return query.reply({ authority: [soa(spelt)] });
  return query.reply({ answer: [rr(name, PTR, TTL, { target: LOCALHOST })] });
}

const FAMILIES = { requests: counter('coredns_local_localhost_requests_total', 'Counter of localhost.<domain> requests.') };

export default definePlugin({
  name: 'local',
  metrics: FAMILIES,
  parse(lines) {
    let prefix = true;
    for (const line of lines) {
      line.end();
      line.properties({
        localhost_prefix(property) {
          const value = property.arg();
          if (value !== 'on' && value !== 'off') property.fail(`localhost_prefix expects 'on' or 'off', got ${quoted(value)}`);
          prefix = value === 'on';
          property.end();
        },
      });
    }
    return { prefix };
  },
  create({ prefix }) {
    let count = () => {};
    return {
      start({ metrics }) {
        const cell = metrics.family(FAMILIES.requests).cell([]);
        count = () => {
          metrics.values[cell]!++;
        };
      },
      handle(query, next) {
        const { key } = query.name;
        const below = key.length > 11 && key.endsWith('\x09localhost\0');
        if (below || (prefix && key.length > 11 && key.startsWith('\x09localhost'))) {
          count();
          return loopback(query);
        }
        const zone = ZONES.match(query.name);
        return zone === undefined ? next(query) : inZone(query, zone);
      },
    };
  },
});
