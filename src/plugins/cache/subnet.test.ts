// Answers by the client's network (RFC 7871): who gets what was kept for whom, and who is asked again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCIDR, printAddress } from '../../dns/address.ts';
import { OPTION, clientSubnet, findOption, printClientSubnet, readClientSubnet } from '../../dns/edns-options.ts';
import type { ClientSubnet } from '../../dns/edns-options.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { edns } from '../../dns/opt.ts';
import { RD, message } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { InProcess } from '../../testing/in-process.ts';
import cache from './index.ts';

/** What an upstream answers for a network: an address and a scope. A scope of undefined tells no network. */
interface Answered {
  readonly address?: string;
  readonly scope?: number | undefined;
  readonly rcode?: number;
  /** Another network than the one that was asked for. */
  readonly wrong?: boolean;
}
const subnetOf = (query: Query): ClientSubnet | undefined => {
  const option = findOption(query.edns, OPTION.ECS);
  return option === undefined ? undefined : readClientSubnet(option);
};

/** A cache before such an upstream; `asked` has what it was asked, `NAME NETWORK`. */
async function served(upstream: (subnet: ClientSubnet | undefined) => Answered, use: (ask: Ask, asked: string[]) => Promise<void>) {
  const asked: string[] = [];
  const below = definePlugin({
    name: 'below', parse: () => 0, create: () => ({
      handle(query: Query) {
        const subnet = subnetOf(query);
        asked.push(subnet === undefined ? '-' : printClientSubnet(subnet));
        const { address, scope, rcode = 0, wrong = false } = upstream(subnet);
        const soa = rcode === RCODE.NXDOMAIN ? [parseRR('test. 60 IN SOA a. b. 1 2 3 4 60')!] : [];
        const answer = address === undefined ? [] : [parseRR(`${query.name.text} 60 IN A ${address}`)!];
        const reply = query.reply({ rcode, answer, authority: soa });
        if (scope === undefined) return reply;
        const told = subnet ?? { address: new Uint8Array(4), source: 0 };
        const source = wrong ? told.source - 1 : told.source;
        reply.setEdns(edns(1232, false, [clientSubnet({ ...told, source, scope })]));
        return reply;
      },
    }),
  });
  const server = new InProcess([cache, below]);
  try {
    assert.equal(await server.start('. {\n    cache\n    below\n}\n'), undefined);
    await use(asking(server), asked);
  } finally {
    await server.close();
  }
}
/** Asks for a network, or for none: the address that comes, or the rcode, and the network that is told. */
type Ask = (network?: string, name?: string) => Promise<string>;
const asking = (server: InProcess): Ask => async (network, name = 'x.test.') => {
  const cidr = network === undefined ? undefined : parseCIDR(network)!;
  const options = cidr === undefined ? [] : [clientSubnet({ address: cidr.network, source: cidr.bits, scope: 0 })];
  const question = { name: Name.parse(name), type: TYPE.A, class: 1 };
  const packet = encodeMessage(message({ id: 7, flags: RD, question, edns: edns(1232, false, options) }), { compress: false });
  const [bytes] = await server.exchange({ packet, tcp: false, from: undefined, at: undefined, waiting: 0 });
  const reply = decodeMessage(bytes!);
  const told = findOption(reply.edns, OPTION.ECS);
  const first = reply.answer[0] === undefined ? `rcode ${reply.rcode}` : printAddress(reply.answer[0].rdata);
  return told === undefined ? first : `${first} ${printClientSubnet(readClientSubnet(told))}`;
};

test('an answer with a scope is for the networks within, and for nobody who names none', () => served(
  (subnet) => (subnet === undefined ? { address: '192.0.2.9' } : { address: `192.0.2.${subnet.address[0]}`, scope: 16 }),
  async (ask, asked) => {
    assert.equal(await ask('10.0.1.0/24'), '192.0.2.10 10.0.1.0/24/16');
    assert.equal(await ask('10.0.2.0/24'), '192.0.2.10 10.0.2.0/24/16', 'within the scope');
    assert.equal(await ask('20.0.1.0/24'), '192.0.2.20 20.0.1.0/24/16');
    assert.equal(await ask(), '192.0.2.9');
    assert.equal(await ask('10.1.0.0/24'), '192.0.2.10 10.1.0.0/24/16', 'outside of the scope');
    assert.equal(await ask('10.0.0.0/8'), '192.0.2.10 10.0.0.0/8/16', 'less is said than the scope needs');
    assert.equal(await ask('10.0.0.0/8'), '192.0.2.10 10.0.0.0/8/16');
    assert.equal(await ask(), '192.0.2.9');
    assert.deepEqual(asked, ['10.0.1.0/24/0', '20.0.1.0/24/0', '-', '10.1.0.0/24/0', '10.0.0.0/8/0']);
  }));

test('the longest scope wins; IPv6 has scopes of its own; a denial has one too', () => served(
  (subnet) => {
    if (subnet?.address.length === 16) return { address: '192.0.2.6', scope: 56 };
    return subnet?.address[1] === 7 ? { rcode: RCODE.NXDOMAIN, scope: 24 } : { address: '192.0.2.1', scope: 8 };
  },
  async (ask, asked) => {
    assert.equal(await ask('10.7.1.0/24'), 'rcode 3 10.7.1.0/24/24');
    assert.equal(await ask('10.0.0.0/24'), '192.0.2.1 10.0.0.0/24/8');
    assert.equal(await ask('10.7.1.0/24'), 'rcode 3 10.7.1.0/24/24');
    assert.equal(await ask('10.9.0.0/24'), '192.0.2.1 10.9.0.0/24/8');
    assert.equal(await ask('2001:db8:0:100::/56'), '192.0.2.6 2001:db8:0:100::/56/56');
    assert.equal(await ask('2001:db8:0:1ff::/64'), '192.0.2.6 2001:db8:0:1ff::/64/56');
    assert.equal(await ask('2001:db8:0:200::/56'), '192.0.2.6 2001:db8:0:200::/56/56');
    assert.deepEqual(asked, ['10.7.1.0/24/0', '10.0.0.0/24/0', '2001:db8:0:100::/56/0', '2001:db8:0:200::/56/0']);
  }));

test('a scope of 0, or none at all, is for everybody; what nobody asked for a network is not known to be', () => served(
  (subnet) => (subnet === undefined ? { address: '192.0.2.9' } : { address: '192.0.2.1', scope: subnet.address[0] === 10 ? 0 : undefined }),
  async (ask, asked) => {
    assert.equal(await ask('10.0.0.0/24'), '192.0.2.1 10.0.0.0/24/0');
    assert.equal(await ask('20.0.0.0/24'), '192.0.2.1 20.0.0.0/24/0');
    assert.equal(await ask(), '192.0.2.1');
    assert.equal(await ask('20.0.0.0/24', 'y.test.'), '192.0.2.1', 'an upstream that knows no networks');
    assert.equal(await ask('30.0.0.0/24', 'y.test.'), '192.0.2.1');
    assert.equal(await ask(undefined, 'z.test.'), '192.0.2.9');
    assert.equal(await ask('10.0.0.0/24', 'z.test.'), '192.0.2.1 10.0.0.0/24/0');
    assert.equal(await ask(undefined, 'z.test.'), '192.0.2.1');
    assert.deepEqual(asked, ['10.0.0.0/24/0', '20.0.0.0/24/0', '-', '10.0.0.0/24/0']);
  }));

test('who says nothing of himself gets what was said to others who said nothing', () => served(
  ({ source } = { address: new Uint8Array(4), source: 32, scope: 0 }) => ({ address: source === 0 ? '192.0.2.1' : '192.0.2.2', scope: 0 }),
  async (ask, asked) => {
    assert.equal(await ask('0.0.0.0/0'), '192.0.2.1 0.0.0.0/0/0');
    assert.equal(await ask('0.0.0.0/0'), '192.0.2.1 0.0.0.0/0/0');
    assert.equal(await ask('10.0.0.0/24'), '192.0.2.2 10.0.0.0/24/0');
    assert.deepEqual(asked, ['0.0.0.0/0/0', '10.0.0.0/24/0']);
  }));

test('a reply for another network, or for one that nobody named, is passed on and not kept', () => served(
  (subnet) => ({ address: '192.0.2.1', scope: 16, wrong: subnet !== undefined }),
  async (ask, asked) => {
    for (let i = 0; i < 2; i++) assert.equal(await ask('10.0.0.0/24'), '192.0.2.1');
    for (let i = 0; i < 2; i++) assert.equal(await ask(), '192.0.2.1');
    assert.equal(asked.length, 4);
  }));

test('who refuses an address is asked without', () => served(
  (subnet) => (subnet !== undefined && subnet.source > 0 ? { rcode: RCODE.REFUSED } : { address: '192.0.2.1', scope: 0 }),
  async (ask, asked) => {
    assert.equal(await ask('10.0.0.0/24'), '192.0.2.1');
    assert.equal(await ask('20.0.0.0/24'), '192.0.2.1');
    assert.equal(await ask('2001:db8::/56', 'y.test.'), '192.0.2.1');
    assert.deepEqual(asked, ['10.0.0.0/24/0', '0.0.0.0/0/0', '2001:db8::/56/0', '::/0/0']);
  }));
