// *local* responds with a basic reply to a localhost request. Knows the names that are this machine's alone (LOC-1, LOC-2).
import { RECORD_HEAD } from '../../authority/record-sets.ts';
import { ANSWER, AUTHORITY, answerAddress, answerName, hasRoom, record } from '../../authority/records.ts';
import { parseIPv6 } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { HEADER } from '../../dns/packet.ts';
import { rr } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { SOA } from '../../dns/types.ts';
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

const SOA_DATA = rr(LOCALHOST, SOA, TTL, {
  mname: LOCALHOST, rname: Name.parse('root.localhost.'), serial: 1, refresh: 0, retry: 0, expire: 0, minimum: TTL,
}).rdata;
const IPV4 = Uint8Array.of(127, 0, 0, 1), IPV6 = parseIPv6('::1')!;

/** The SOA of the name that begins at this offset of the question. */
function withSoa(reply: Message, section: number, owner: number): Message {
  if (hasRoom(reply, RECORD_HEAD + SOA_DATA.length)) {
    const at = record(reply, section, owner, TYPE.SOA, TTL, SOA_DATA.length);
    for (let i = 0; i < SOA_DATA.length; i++) reply.bytes[at + i] = SOA_DATA[i]!;
  }
  return reply;
}
function withName(reply: Message, type: number): Message {
  answerName(reply, type, TTL, LOCALHOST.raw);
  return reply;
}
/** The loopback address of the question's family, or no data. */
function loopback(query: Query): Message {
  const reply = query.begin(0, RCODE.NOERROR);
  if (query.type === TYPE.A) answerAddress(reply, TTL, IPV4, 0, IPV4.length);
  else if (query.type === TYPE.AAAA) answerAddress(reply, TTL, IPV6, 0, IPV6.length);
  else withSoa(reply, AUTHORITY, HEADER);
  return reply;
}

/** A name in one of the four zones. The zone keeps the query's case, as CoreDNS does. */
function inZone(query: Query, zone: Name): Message {
  const { name, type } = query;
  const below = name.key.length - zone.key.length;
  if (below > 0 && name.key !== LOOPBACK) return withSoa(query.begin(0, RCODE.NXDOMAIN), AUTHORITY, HEADER + below);
  if (below === 0 && zone.equals(LOCALHOST) && (type === TYPE.A || type === TYPE.AAAA)) return loopback(query);
  const reply = query.begin(0, RCODE.NOERROR);
  if (below === 0 && type === TYPE.SOA) return withSoa(reply, ANSWER, HEADER);
  if (type === (below === 0 ? TYPE.NS : TYPE.PTR)) return withName(reply, type);
  return withSoa(reply, AUTHORITY, HEADER + below);
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
      rehearsal: 'as served',
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
