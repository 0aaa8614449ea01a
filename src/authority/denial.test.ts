// What of an answer is signed, and what proves that something is not there, in zones with NSEC, NSEC3 and opt-out: the records of each
// reply by section, owner and type.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { message } from '../dns/parts.ts';
import type { RR } from '../dns/rr.ts';
import { u16 } from '../dns/packet.ts';
import { CLASS, TYPE, typeByName, typeName } from '../dns/type-name.ts';
import { failure } from '../kernel/query/outcome.ts';
import { Query } from '../kernel/query/query.ts';
import { receive } from '../kernel/query/receive.ts';
import { MadeZone } from '../testing/made-zone.ts';
import { hashOf, signedLines } from '../testing/made-signed.ts';
import type { Chain } from '../testing/made-signed.ts';
import { Lookup } from './lookup.ts';

const ZONE = `
@ 60 IN SOA ns host 1 7200 3600 86400 30
@ 60 IN NS ns
ns 60 IN A 192.0.2.1
www 60 IN A 192.0.2.80
a.b.ent 60 IN A 192.0.2.2
lost 60 IN CNAME nosuch
nodata 60 IN CNAME www
*.wild 60 IN TXT "x"
*.alias 60 IN CNAME x.wild
*.lost 60 IN CNAME y.wild
*.out 60 IN CNAME www.elsewhere.test.
sec 60 IN NS ns.sec
sec 60 IN DS 12345 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de4c49fd46e6c4b45c55d4ac69
ns.sec 60 IN A 192.0.2.55
cut 60 IN NS ns.cut
ns.cut 60 IN A 192.0.2.5
d.only.insecure 60 IN NS ns.elsewhere.test.
old 60 IN DNAME new
x.new 60 IN A 192.0.2.8
`;

/** The records of a reply with DO, as `SECTION OWNER TYPE`, names without the zone; a signature is a `+` behind the type. */
async function told(lookup: Lookup, name: string, type: string, later = false): Promise<string> {
  const question = { name: whole(name), type: typeByName(type)!, class: CLASS.IN };
  const edns = { udpSize: 1232, version: 0, dnssecOk: true, z: 0, extendedRcode: 0, options: [] };
  const packet = encodeMessage(message({ id: 7, question, edns }), { compress: false });
  const query = Query.alone(packet.length);
  query.bytes.set(packet, query.at);
  // What lies elsewhere is asked of a server that refuses, at once or later.
  const refused = failure(5);
  const resolve = () => (later ? Promise.resolve(refused) : refused);
  query.arrive(packet.length, { stream: true, service: { resolve, reading: { enter() {}, linger() {}, leave() {} } } } as never);
  receive(query);
  const reply = await lookup.handle(query, () => failure(5));
  assert.equal(reply.kind, 'reply');
  if (reply.kind !== 'reply') return '';
  const { answer, authority, additional } = reply.parts();
  const section = (records: readonly RR[]) => {
    const sets: string[] = [];
    for (const record of records) {
      const text = `${short(record.name)} ${typeName(record.type)}`;
      if (record.type !== TYPE.RRSIG) sets.push(text);
      else {
        const covered = `${short(record.name)} ${typeName(u16(record.rdata, 0))}`;
        assert.equal(sets.at(-1), covered, `${name} ${type}: a signature follows its set`);
        sets[sets.length - 1] = `${covered}+`;
      }
    }
    return sets.join(', ');
  };
  return `${reply.rcode} ${section(answer)} | ${section(authority)} | ${section(additional)}`.replaceAll(/ +/g, ' ').trim();
}
const NAMES = ['@', 'www', 'ent', 'b.ent', 'a.b.ent', 'wild', '*.wild', 'alias', '*.alias', 'lost', '*.lost', 'out', '*.out', 'sec', 'cut',
  'old', 'new', 'x.new', 'ns', 'nodata', 'only.insecure', 'insecure', 'd.only.insecure'];
const whole = (name: string) => Name.parse(name === '@' ? 'z.test.' : `${name}.z.test.`);
const hashes = new Map(NAMES.map((name) => [hashOf(whole(name).key), name]));
function short({ text }: Name): string {
  const labels = text.slice(0, -'z.test.'.length).replace(/\.$/, '');
  const known = hashes.get(labels);
  return known === undefined ? labels || '@' : `#${known}`;
}
const suite = (title: string, chain: Chain, expected: Readonly<Record<string, string>>) => test(title, async () => {
  const lookup = new Lookup(new MadeZone('z.test.', signedLines('z.test.', ZONE, chain)));
  for (const [question, reply] of Object.entries(expected)) {
    const [name = '', type = ''] = question.split(' ');
    assert.equal(await told(lookup, name, type), reply, question);
    assert.equal(await told(lookup, name, type, true), reply, `${question}, later`);
  }
});

suite('NSEC: what was asked for is signed, what is not there is proved, once for each name of a chain', 'nsec', {
  'www A': '0 www A+ | @ NS+ |',
  'www AAAA': '0 | @ SOA+, www NSEC+ |',
  'nosuch A': '3 | @ SOA+, nodata NSEC+, @ NSEC+ |',
  'x.y.nosuch A': '3 | @ SOA+, nodata NSEC+, @ NSEC+ |',
  'ent A': '0 | @ SOA+, cut NSEC+ |',
  'c.ent A': '3 | @ SOA+, a.b.ent NSEC+, cut NSEC+ |',
  'lost A': '3 lost CNAME+ | @ SOA+, nodata NSEC+, @ NSEC+ |',
  'nodata TXT': '0 nodata CNAME+ | @ SOA+, www NSEC+ |',
  'x.wild TXT': '0 x.wild TXT+ | @ NS+, *.wild NSEC+ |',
  'x.wild A': '0 | @ SOA+, *.wild NSEC+ |',
  'x.alias TXT': '0 x.alias CNAME+, x.wild TXT+ | @ NS+, *.alias NSEC+, *.wild NSEC+ |',
  'x.alias A': '0 x.alias CNAME+ | @ SOA+, *.alias NSEC+, *.wild NSEC+ |',
  'x.lost A': '0 x.lost CNAME+ | @ SOA+, *.lost NSEC+, *.wild NSEC+ |',
  'x.out A': '0 x.out CNAME+ | @ NS+, *.out NSEC+ |',
  'x.sec A': '0 | sec NS, sec DS+ | ns.sec A',
  'sec DS': '0 sec DS+ | @ NS+ |',
  'x.cut A': '0 | cut NS, cut NSEC+ | ns.cut A',
  'cut DS': '0 | @ SOA+, cut NSEC+ |',
  'cut NSEC': '0 cut NSEC+ | @ NS+ |',
  'd.only.insecure A': '0 | d.only.insecure NS, d.only.insecure NSEC+ |',
  'only.insecure A': '0 | @ SOA+, a.b.ent NSEC+ |',
  'x.insecure A': '3 | @ SOA+, d.only.insecure NSEC+, a.b.ent NSEC+ |',
  'x.old A': '0 old DNAME+, x.old CNAME, x.new A+ | @ NS+ |',
  'y.old A': '3 old DNAME+, y.old CNAME | @ SOA+, x.new NSEC+, *.lost NSEC+ |',
  '@ ANY': '0 @ SOA+ | @ NS+ |',
  '@ DS': '0 | @ SOA+, @ NSEC+ |',
});
suite('NSEC3: the closest encloser matches, the next closer name and the wildcard are covered', 'nsec3', {
  'www A': '0 www A+ | @ NS+ |',
  'www AAAA': '0 | @ SOA+, #www NSEC3+ |',
  'nosuch A': '3 | @ SOA+, #@ NSEC3+, #only.insecure NSEC3+ |',
  'x.y.nosuch A': '3 | @ SOA+, #@ NSEC3+, #only.insecure NSEC3+ |',
  'ent A': '0 | @ SOA+, #ent NSEC3+ |',
  'c.ent A': '3 | @ SOA+, #ent NSEC3+, #d.only.insecure NSEC3+, #new NSEC3+ |',
  'lost A': '3 lost CNAME+ | @ SOA+, #@ NSEC3+, #only.insecure NSEC3+ |',
  'nodata TXT': '0 nodata CNAME+ | @ SOA+, #www NSEC3+ |',
  'x.wild TXT': '0 x.wild TXT+ | @ NS+, #old NSEC3+ |',
  'x.wild A': '0 | @ SOA+, #old NSEC3+, #wild NSEC3+, #*.wild NSEC3+ |',
  'x.alias TXT': '0 x.alias CNAME+, x.wild TXT+ | @ NS+, #a.b.ent NSEC3+, #old NSEC3+ |',
  'x.alias A': '0 x.alias CNAME+ | @ SOA+, #a.b.ent NSEC3+, #old NSEC3+, #wild NSEC3+, #*.wild NSEC3+ |',
  'x.lost A': '0 x.lost CNAME+ | @ SOA+, #only.insecure NSEC3+, #b.ent NSEC3+, #wild NSEC3+, #*.wild NSEC3+ |',
  'x.out A': '0 x.out CNAME+ | @ NS+, #www NSEC3+ |',
  'x.sec A': '0 | sec NS, sec DS+ | ns.sec A',
  'sec DS': '0 sec DS+ | @ NS+ |',
  'x.cut A': '0 | cut NS, #cut NSEC3+ | ns.cut A',
  'cut DS': '0 | @ SOA+, #cut NSEC3+ |',
  'cut NSEC': '0 | cut NS, #cut NSEC3+ | ns.cut A',
  'd.only.insecure A': '0 | d.only.insecure NS, #d.only.insecure NSEC3+ |',
  'only.insecure A': '0 | @ SOA+, #only.insecure NSEC3+ |',
  'x.insecure A': '3 | @ SOA+, #insecure NSEC3+, #ns NSEC3+, #only.insecure NSEC3+ |',
  'x.old A': '0 old DNAME+, x.old CNAME, x.new A+ | @ NS+ |',
  'y.old A': '3 old DNAME+, y.old CNAME | @ SOA+, #new NSEC3+, #only.insecure NSEC3+ |',
  '@ ANY': '0 @ SOA+ | @ NS+ |',
  '@ DS': '0 | @ SOA+, #@ NSEC3+ |',
});
suite('opt-out: what is in no chain is in a span, below an encloser that can be proved', 'optout', {
  'nosuch A': '3 | @ SOA+, #@ NSEC3+, #sec NSEC3+ |',
  'x.y.nosuch A': '3 | @ SOA+, #@ NSEC3+, #sec NSEC3+ |',
  'c.ent A': '3 | @ SOA+, #ent NSEC3+, #a.b.ent NSEC3+, #new NSEC3+ |',
  'lost A': '3 lost CNAME+ | @ SOA+, #@ NSEC3+, #sec NSEC3+ |',
  'x.lost A': '0 x.lost CNAME+ | @ SOA+, #sec NSEC3+, #b.ent NSEC3+, #wild NSEC3+, #*.wild NSEC3+ |',
  'x.cut A': '0 | cut NS, #@ NSEC3+, #*.lost NSEC3+ | ns.cut A',
  'cut DS': '0 | @ SOA+, #@ NSEC3+, #*.lost NSEC3+ |',
  'cut NSEC': '0 | cut NS, #@ NSEC3+, #*.lost NSEC3+ | ns.cut A',
  'd.only.insecure A': '0 | d.only.insecure NS, #@ NSEC3+, #*.lost NSEC3+ |',
  'only.insecure A': '0 | @ SOA+, #@ NSEC3+, #*.lost NSEC3+ |',
  'x.insecure A': '3 | @ SOA+, #@ NSEC3+, #*.lost NSEC3+, #sec NSEC3+ |',
  'y.old A': '3 old DNAME+, y.old CNAME | @ SOA+, #new NSEC3+, #sec NSEC3+ |',
});
