// What is made of a source of records: answers, denials, aliases, fallthrough, whether the source answers at once or later.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { NEVER } from '../kernel/site/fallthrough.ts';
import { insert } from '../kernel/site/order.ts';
import { definePlugin } from '../kernel/site/plugin.ts';
import type { Handler, Part } from '../kernel/site/plugin.ts';
import type { Answer } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';
import { Zones } from '../kernel/site/zones.ts';
import { standard } from '../plugins/index.ts';
import { InProcess } from '../testing/in-process.ts';
import { parseAsk } from '../testing/question.ts';
import { runScenario } from '../testing/scenario.ts';
import { CLUSTER_SOA } from '../plugins/kubernetes/answers/soa.ts';
import type { Backend, Node } from './backend.ts';
import { Computed } from './computed.ts';
import { Lookup } from './lookup.ts';
import { ServedZones } from './served-zones.ts';
import { answerAddress } from './records.ts';

/** Names before the zone, with their addresses, or where they point to. */
const NAMES: { readonly [name: string]: readonly string[] | string } = {
  www: ['192.0.2.1', '192.0.2.2'], empty: [], '': [],
  alias: 'www.example.org.', twice: 'ALIAS.Example.org.', toempty: 'empty.example.org.', tonothing: 'nosuch.example.org.',
  self: 'self.example.org.', ping: 'pong.example.org.', pong: 'ping.example.org.', apex: 'example.org.',
  out: 'www.example.net.', far: 'out.example.org.', lost: 'nosuch.example.net.', back: 'hop.example.net.',
  ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`c${i}`, i === 11 ? 'www.example.org.' : `c${i + 1}.example.org.`])),
};

/** Serves them: `made [later] [through] [incomplete REST] [stale]`. */
class Made implements Part, Backend {
  readonly zones = new ServedZones([Name.parse('example.org.')]);
  readonly fallthrough;
  readonly ttl: number = 60;
  readonly unknown = 'denial';
  readonly soa = { form: CLUSTER_SOA, serial: () => 7 };
  readonly #words: ReadonlySet<string>;
  readonly #lookup: Lookup;

  constructor(words: ReadonlySet<string>) {
    this.#words = words;
    this.fallthrough = words.has('through') ? new Zones([Name.root]) : NEVER;
    this.#lookup = new Lookup(new Computed(this));
  }
  handle(query: Query, next: Handler): Answer {
    return this.#lookup.handle(query, next);
  }
  at: Backend['at'] = ({ labels, at }, query) => {
    const before = Name.wire(`${latin1(query.bytes, at[0]!, at[labels]!)}\0`).text.slice(0, -1);
    if (before === 'broken') return Promise.reject(new Error('the source is broken'));
    const found = NAMES[before];
    const node = found === undefined ? undefined : nodeOf(found);
    return this.#words.has('later') ? new Promise((resolve) => setImmediate(resolve, node)) : node;
  };
  incomplete(): string | undefined {
    return this.#words.has('incomplete') ? 'not all is known' : undefined;
  }
  instead(): 'next' | 'denial' | undefined {
    return this.#words.has('next') ? 'next' : this.#words.has('denial') ? 'denial' : undefined;
  }
  stale(): string | undefined {
    return this.#words.has('stale') ? 'it is old' : undefined;
  }
}
function nodeOf(found: readonly string[] | string): Node {
  if (typeof found === 'string') return { write() {}, alias: (type) => ([1, 5, 28].includes(type) ? Name.parse(found) : undefined) };
  return {
    write(type, reply) {
      if (type === 1) for (const text of found) answerAddress(reply, 60, Uint8Array.from(text.split('.'), Number), 0, 4);
    },
  };
}
const made = definePlugin({
  name: 'made', parse: ([line]) => new Set(line!.rest()), create: (words) => new Made(words),
});
const plugins = insert(standard, made, { before: 'forward' });
const scene = (words: string, steps: string) => runScenario(`
. {
    errors
    made ${words}
    forward . {{UPSTREAM}}
}
----
upstream www.example.net A
    NOERROR ra
    answer www.example.net 300 IN A 192.0.2.9

upstream hop.example.net A
    NOERROR ra
    answer hop.example.net 300 IN CNAME www.example.org
    answer www.example.org 300 IN A 192.0.2.1

upstream nosuch.example.org A
    NOERROR ra
    answer nosuch.example.org 300 IN A 192.0.2.8

${steps}`, { plugins });

const SOA = 'authority example.org 60 IN SOA ns.dns.example.org hostmaster.example.org 7 7200 1800 86400 60';
const ANSWERS = `
ask www.example.org A
    NOERROR aa
    answer www.example.org 60 IN A 192.0.2.1
    answer www.example.org 60 IN A 192.0.2.2
ask WWW.Example.Org A
    NOERROR aa
    answer WWW.Example.Org 60 IN A 192.0.2.1
    answer WWW.Example.Org 60 IN A 192.0.2.2
ask www.example.org AAAA
    NOERROR aa
    ${SOA}
ask empty.example.org A
    NOERROR aa
    ${SOA}
ask nosuch.example.org A
    NXDOMAIN aa
    ${SOA}
ask NoSuch.eXample.orG A
    NXDOMAIN aa
    authority eXample.orG 60 IN SOA ns.dns.eXample.orG hostmaster.eXample.orG 7 7200 1800 86400 60
ask eXample.org SOA
    NOERROR aa
    answer eXample.org 60 IN SOA ns.dns.eXample.org hostmaster.eXample.org 7 7200 1800 86400 60
ask www.example.org SOA
    NOERROR aa
    ${SOA}
ask alias.example.org CNAME
    NOERROR aa
    answer alias.example.org 60 IN CNAME www.example.org
ask alias.example.org MX
    NOERROR aa
    ${SOA}
ask example.org AXFR tcp
    REFUSED
ask out.example.org A
    NOERROR aa
    answer out.example.org 60 IN CNAME www.example.net
    answer www.example.net 300 IN A 192.0.2.9
ask lost.example.org A
    NXDOMAIN aa
    answer lost.example.org 60 IN CNAME nosuch.example.net
ask back.example.org A
    NOERROR aa
    answer back.example.org 60 IN CNAME hop.example.net
    answer hop.example.net 300 IN CNAME www.example.org
    answer www.example.org 300 IN A 192.0.2.1
`;
const CHAINS = `
ask alias.example.org A
    NOERROR aa
    ordered
    answer alias.example.org 60 IN CNAME www.example.org
    answer www.example.org 60 IN A 192.0.2.1
    answer www.example.org 60 IN A 192.0.2.2
ask twice.example.org A
    NOERROR aa
    ordered
    answer twice.example.org 60 IN CNAME ALIAS.Example.org
    answer ALIAS.Example.org 60 IN CNAME www.example.org
    answer www.example.org 60 IN A 192.0.2.1
    answer www.example.org 60 IN A 192.0.2.2
ask far.example.org A
    NOERROR aa
    answer far.example.org 60 IN CNAME out.example.org
    answer out.example.org 60 IN CNAME www.example.net
    answer www.example.net 300 IN A 192.0.2.9
`;

test('answers and denials of a source that answers at once', () => scene('', ANSWERS));
test('answers and denials of a source that answers later', () => scene('later', ANSWERS));
test('aliases in the zone are followed one after the other', () => scene('', `${CHAINS}
ask c1.example.org A
    NOERROR aa
    ignore answer
ask c0.example.org A
    NOERROR aa
    ${SOA}
ask toempty.example.org A
    NOERROR aa
    answer toempty.example.org 60 IN CNAME empty.example.org
    ${SOA}
ask tonothing.example.org A
    NXDOMAIN aa
    answer tonothing.example.org 60 IN CNAME nosuch.example.org
    ${SOA}
ask apex.example.org A
    NOERROR aa
    answer apex.example.org 60 IN CNAME example.org
    ${SOA}
${['self', 'ping'].map((name) => `ask ${name}.example.org A\n    NOERROR aa\n    ${SOA}\n`).join('')}`));
test('and where the source answers later', () => scene('later', CHAINS));
test('a loop of a source that answers later ends', () => scene('later', ['self', 'ping'].map((name) =>
  `ask ${name}.example.org A\n    NOERROR aa\n    ignore answer authority\n`).join('')));
test('names that do not exist are handed on', () => scene('through', `
ask nosuch.example.org A
    NOERROR ra
    answer nosuch.example.org 300 IN A 192.0.2.8
ask empty.example.org A
    NOERROR aa
    ${SOA}
`));
test('of a source that is not whole a missing name is no denial, unless others were asked', async () => {
  const missing = 'ask nosuch.example.org A +bufsize=1232\n';
  const empty = `ask empty.example.org A\n    NOERROR aa\n    ${SOA}\n`;
  await scene('incomplete', `${missing}    SERVFAIL aa\n    ede 14 "not all is known"\n    ${SOA}\n${empty}`);
  await scene('incomplete next', `${missing}    NOERROR ra\n    answer nosuch.example.org 300 IN A 192.0.2.8\n`);
  await scene('incomplete denial', `${missing}    NXDOMAIN aa\n    ede 14 "not all is known"\n    ${SOA}\n`);
});
test('what may be old says so', () => scene('stale', `
ask www.example.org A +bufsize=1232
    NOERROR aa
    ede 3 "it is old"
    ignore answer
ask empty.example.org A +bufsize=1232
    NOERROR aa
    ede 3 "it is old"
    ${SOA}
ask nosuch.example.org A +bufsize=1232
    NXDOMAIN aa
    ede 19 "it is old"
    ${SOA}
`));
test('a source that breaks is a SERVFAIL in the log', () => scene('', `
ask broken.example.org A +bufsize=1232
    SERVFAIL
    ede 0 "the source of the records could not be asked"
log the source is broken
`));
test('answers that come later are each of their own question', async (t) => {
  const server = new InProcess(plugins);
  t.after(() => server.close());
  assert.equal(await server.start('. {\n    made later\n}\n'), undefined);
  const names = Array.from({ length: 30 }, (_, i) => ['www', 'nosuch', 'empty', 'alias', 'c5'][i % 5]!);
  const replies = await Promise.all(names.map((name) => server.ask(parseAsk(`${name}.example.org A`))));
  const seen = replies.map(([reply]) => `${reply!.question!.name.text} ${reply!.rcode} ${reply!.answer.length}`);
  const counts: { readonly [name: string]: string } = { www: '0 2', nosuch: '3 0', empty: '0 0' };
  for (const [i, name] of names.entries()) if (counts[name] !== undefined) assert.equal(seen[i], `${name}.example.org. ${counts[name]}`);
});
