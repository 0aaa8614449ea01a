// The same configuration in another order, where its order has no meaning: blocks of other zones, lines of a block, properties of a line,
// entries of a table. Whatever the order, it starts and answers alike. Knows words of a Corefile; knows nothing of how they are read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { printRR } from '../dns/rr.ts';
import { InProcess } from '../testing/in-process.ts';
import { parseAsk } from '../testing/question.ts';
import { standard } from './index.ts';

/** A line, with properties in braces where there are some. */
type Line = readonly [head: string, ...properties: string[]];
interface Block {
  readonly zones: string;
  readonly lines: readonly Line[];
}

const BLOCKS: readonly Block[] = [
  {
    zones: 'a.test b.test',
    lines: [
      ['errors'], ['log', 'class error'], ['metadata'], ['nsid one'], ['bufsize 1232'], ['loadbalance round_robin'], ['minimal'],
      ['cache 30', 'success 100 20', 'denial 100 10', 'servfail 5s', 'keepttl'],
      ['header', 'response set ra'],
      ['acl', 'block type MX', 'block type SRV', 'filter type HINFO'],
      ['rewrite name exact old.a.test new.a.test'],
      ['hosts', '192.0.2.1 new.a.test www.b.test', '192.0.2.2 new.a.test', '2001:db8::1 www.b.test', 'ttl 60', 'no_reverse', 'fallthrough'],
      ['template IN TXT', 'match ^(?P<x>.)[.]a[.]test[.]$', 'answer "{{ .Name }} 60 IN TXT {{ .Group.x }}"',
        'additional "x. 60 IN A 192.0.2.9"', 'fallthrough'],
      ['dns64', 'prefix 2001:db8:64::/96', 'allow_ipv4'],
      ['siit', 'ipv6_prefix 2001:db8:46::/96', 'eam 192.0.2.7 2001:db8::1'],
      ['whoami'],
    ],
  },
  { zones: 'sub.a.test', lines: [['whoami'], ['chaos "one version" author'], ['any']] },
  { zones: '2.0.192.in-addr.arpa', lines: [['hosts', '192.0.2.3 three.test', '192.0.2.4 four.test'], ['errors']] },
  { zones: '.', lines: [['template IN A', 'answer "{{ .Name }} 60 IN A 192.0.2.8"', 'rcode NOERROR'], ['whoami'], ['local']] },
];
const QUESTIONS = [
  'old.a.test A', 'new.a.test A', 'new.a.test AAAA', 'www.b.test A', 'www.b.test AAAA', 'x.a.test TXT +nsid', 'x.a.test MX +edns',
  'x.a.test HINFO', 'none.a.test A', 'n.sub.a.test A', 'sub.a.test ANY', 'version.bind TXT CH at :53', '3.2.0.192.in-addr.arpa PTR',
  '5.2.0.192.in-addr.arpa PTR', 'other.test A', 'localhost A', '. NS',
];

const print = (blocks: readonly Block[]): string => blocks.map(({ zones, lines }) => {
  const printed = lines.map(([head, ...inside]) => (inside.length === 0 ? head : `${head} {\n  ${inside.join('\n  ')}\n }`));
  return `${zones} {\n ${printed.join('\n ')}\n}\n`;
}).join('');

async function replies(corefile: string): Promise<readonly string[]> {
  const server = new InProcess(standard);
  assert.equal(await server.start(corefile), undefined, corefile);
  const said: string[] = [];
  for (const question of QUESTIONS) {
    for (const { rcode, flags, answer, authority, additional, edns } of await server.ask(parseAsk(question))) {
      const sections = [answer, authority, additional].map((records) => records.map(printRR).sort().join('; '));
      const options = edns?.options.map(({ code, data }) => `${code}:${Buffer.from(data).toString('hex')}`).join();
      said.push([question, rcode, flags, ...sections, edns?.udpSize, options].join(' | '));
    }
  }
  await server.close();
  return said;
}
/** The same things in some order. */
const shuffled = <T>(all: readonly T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray([...all], { minLength: all.length });

test('blocks, lines, properties and entries in any order mean the same', async () => {
  const expected = await replies(print(BLOCKS));
  assert.equal(expected.length, QUESTIONS.length);
  const inside = (block: Block) => shuffled(block.lines).chain((lines) =>
    fc.tuple(...lines.map(([head, ...properties]) => shuffled(properties).map((order): Line => [head, ...order])))
      .map((ordered): Block => ({ ...block, lines: ordered })));
  const configuration = shuffled(BLOCKS).chain((blocks) => fc.tuple(...blocks.map(inside)));
  await fc.assert(fc.asyncProperty(configuration, async (blocks) => {
    assert.deepEqual(await replies(print(blocks)), expected, print(blocks));
  }), { numRuns: 60 });
});
