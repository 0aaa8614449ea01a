// Tests of zones that a resolver answers by itself: what each kind does with names, types and records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress, parseCIDR } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { parseRR, printRdata } from '../dns/rr.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import { LOCAL_KINDS, LocalZones } from './local-zones.ts';
import type { LocalClient, LocalKind } from './local-zones.ts';
import { LocalViews } from './local-views.ts';

const records = ['www.z.test. 60 IN A 192.0.2.1', 'z.test. 60 IN TXT "apex"', 'alias.z.test. 60 IN CNAME www.other.',
  'a.ent.z.test. 60 IN A 192.0.2.2'];
const soa = 'z.test. 60 IN SOA ns.z.test. h.z.test. 1 2 3 4 5';
function asked(zones: LocalZones, question: string): string {
  const [name = '', type = 'A'] = question.split(' ');
  const found = zones.answer({ name: Name.parse(name), type: typeByName(type)!, class: CLASS.IN });
  if (found === undefined) return 'the world';
  if (found.kind === 'deny') return 'nothing';
  const data = found.answer.map((rr) => printRdata(rr.type, rr.rdata));
  const alias = found.alias === undefined ? [] : [`-> ${found.alias.text}`];
  return [rcodeName(found.rcode), ...data, ...alias, ...(found.authority.length > 0 ? ['SOA'] : [])].join(' ');
}
const of = (kind: LocalKind, more: readonly string[] = []) =>
  new LocalZones([{ name: Name.parse('z.test.'), kind }], [...records, ...more].map((text) => parseRR(text)!), false);

test('each kind of zone, for a name with the type, with another one, above others, and without records', () => {
  const table: Readonly<Record<LocalKind, readonly [own: string, type: string, ent: string, none: string]>> = {
    static: ['NOERROR 192.0.2.1', 'NOERROR', 'NOERROR', 'NXDOMAIN'],
    transparent: ['NOERROR 192.0.2.1', 'NOERROR', 'the world', 'the world'],
    typetransparent: ['NOERROR 192.0.2.1', 'the world', 'the world', 'the world'],
    redirect: ['NOERROR', 'NOERROR', 'NOERROR', 'NOERROR'],
    deny: ['NOERROR 192.0.2.1', 'nothing', 'nothing', 'nothing'],
    refuse: ['NOERROR 192.0.2.1', 'REFUSED', 'REFUSED', 'REFUSED'],
    nodefault: ['the world', 'the world', 'the world', 'the world'],
    inform: ['NOERROR 192.0.2.1', 'NOERROR', 'the world', 'the world'],
    inform_deny: ['NOERROR 192.0.2.1', 'nothing', 'nothing', 'nothing'],
    inform_redirect: ['NOERROR', 'NOERROR', 'NOERROR', 'NOERROR'],
    block_a: ['NOERROR', 'the world', 'NOERROR', 'NOERROR'],
    block_aaaa: ['the world', 'NOERROR', 'the world', 'the world'],
    block_a_wdata: ['NOERROR 192.0.2.1', 'the world', 'NOERROR', 'NOERROR'],
    block_aaaa_wdata: ['NOERROR 192.0.2.1', 'NOERROR', 'the world', 'the world'],
    truncate: ['NOERROR 192.0.2.1', 'NOERROR', 'NOERROR', 'NOERROR'],
    noview: ['the world', 'the world', 'the world', 'the world'],
    always_transparent: ['the world', 'the world', 'the world', 'the world'],
    always_refuse: ['REFUSED', 'REFUSED', 'REFUSED', 'REFUSED'],
    always_nxdomain: ['NXDOMAIN', 'NXDOMAIN', 'NXDOMAIN', 'NXDOMAIN'],
    always_nodata: ['NOERROR', 'NOERROR', 'NOERROR', 'NOERROR'],
    always_deny: ['nothing', 'nothing', 'nothing', 'nothing'],
    always_null: ['NOERROR 0.0.0.0', 'NOERROR ::', 'NOERROR 0.0.0.0', 'NOERROR 0.0.0.0'],
  };
  for (const kind of LOCAL_KINDS) {
    const zones = of(kind);
    const found = ['www.z.test. A', 'www.z.test. AAAA', 'ent.z.test. A', 'none.z.test. A'].map((question) => asked(zones, question));
    assert.deepEqual(found, table[kind], kind);
    assert.equal(asked(zones, 'z.example. A'), 'the world');
  }
});
test('a redirection gives every name below what its own name has; aliases go on', () => {
  assert.equal(asked(of('redirect'), 'a.b.c.z.test. TXT'), 'NOERROR "apex"');
  assert.equal(asked(of('static'), 'alias.z.test. A'), 'NOERROR www.other. -> www.other.');
  assert.equal(asked(of('static'), 'alias.z.test. CNAME'), 'NOERROR www.other.');
  assert.equal(asked(of('static', [soa]), 'none.z.test. A'), 'NXDOMAIN SOA');
});
test('an alias of a redirection to a wildcard leads to the name that was asked for, under that zone', () => {
  const zones = new LocalZones([{ name: Name.parse('r.test.'), kind: 'redirect' }], [parseRR('r.test. 60 IN CNAME *.other.')!], false);
  assert.equal(asked(zones, 'a.r.test. A'), 'NOERROR a.r.test.other. -> a.r.test.other.');
  assert.equal(asked(zones, `${'a.'.repeat(122)}r.test. A`), 'YXDOMAIN');
});
test('records of another class are those of their own class alone', () => {
  const zones = new LocalZones([], [parseRR('x. 60 CH TXT "a"')!], false);
  assert.equal(zones.hasOtherClasses, true);
  assert.equal(zones.answer({ name: Name.parse('x.'), type: 16, class: CLASS.IN }), undefined);
  assert.equal(zones.answer({ name: Name.parse('x.'), type: 16, class: CLASS.CH })?.answer.length, 1);
});
test('a zone with tags is there for clients that have one, as what the tag says; networks may say something else', () => {
  const network = parseCIDR('192.0.2.0/28')!;
  const zones = new LocalZones([
    { name: Name.parse('z.'), kind: 'static' }, { name: Name.parse('a.z.'), kind: 'static', tags: ['one', 'two'] },
    { name: Name.parse('b.z.'), kind: 'static', overrides: [{ network, kind: 'always_refuse' }] },
  ], [parseRR('z. 60 IN TXT "z"')!], false);
  const client = (address: string, tags: readonly string[], actions: readonly [string, LocalKind][] = []) => ({
    address: parseAddress(address)!, tags, actions: new Map(actions), data: new Map([['two', [parseRR('. 60 IN TXT "data"')!]]]),
  });
  const said = (name: string, who: LocalClient) => {
    const found = zones.answer({ name: Name.parse(name), type: 16, class: CLASS.IN }, who);
    const data = found?.answer.map((rr) => printRdata(rr.type, rr.rdata)) ?? [];
    return found === undefined ? 'the world' : [rcodeName(found.rcode), ...data].join(' ');
  };
  assert.equal(said('a.z.', client('192.0.2.99', [])), 'NXDOMAIN');
  assert.equal(said('a.z.', client('192.0.2.99', ['one'], [['one', 'always_nodata']])), 'NOERROR');
  assert.equal(said('x.a.z.', client('192.0.2.99', ['one', 'two'], [['two', 'redirect']])), 'NOERROR "data"');
  assert.equal(said('b.z.', client('192.0.2.99', [])), 'NXDOMAIN');
  assert.equal(said('b.z.', client('192.0.2.9', [])), 'REFUSED');
});
test('a client of a view has the zones of the view, and those of all where the view comes first', () => {
  const zone = (text: string) =>
    new LocalZones([{ name: Name.parse('v.'), kind: 'redirect' }], [parseRR(`v. 60 IN TXT "${text}"`)!], false);
  const only = new LocalZones([{ name: Name.parse('w.'), kind: 'static' }], [], false);
  const at = (text: string) => parseCIDR(text)!;
  const views = new LocalViews(zone('all'), { tags: [], actions: [], data: [], views: [
    { network: at('192.0.2.0/24'), view: { zones: undefined, first: false } },
    { network: at('192.0.2.1/32'), view: { zones: zone('own'), first: false } },
    { network: at('192.0.2.2/32'), view: { zones: only, first: false } },
    { network: at('192.0.2.3/32'), view: { zones: only, first: true } },
  ] });
  const said = (address: string, name = 'v.') => {
    const found = views.answer({ name: Name.parse(name), type: 16, class: CLASS.IN }, parseAddress(address)!);
    return found === undefined ? 'the world' : found.answer.map((rr) => printRdata(rr.type, rr.rdata)).join() || rcodeName(found.rcode);
  };
  assert.deepEqual(['198.51.100.1', '192.0.2.9', '192.0.2.1', '192.0.2.2', '192.0.2.3'].map((each) => said(each)),
    ['"all"', '"all"', '"own"', 'the world', '"all"']);
  assert.deepEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((each) => said(each, 'w.')), ['the world', 'NXDOMAIN', 'NXDOMAIN']);
});
test('records without a zone answer for their own name alone', () => {
  const zones = new LocalZones([], [parseRR('www.x. 60 IN A 192.0.2.1')!], false);
  const found = ['www.x. A', 'www.x. MX', 'x. A', 'a.www.x. A'].map((question) => asked(zones, question));
  assert.deepEqual(found, ['NOERROR 192.0.2.1', 'NOERROR', 'the world', 'the world']);
});
test('what means nothing elsewhere is not asked of the world (RFC 6303), unless the owner says so', () => {
  const zones = new LocalZones([{ name: Name.parse('168.192.in-addr.arpa'), kind: 'nodefault' }], [], true);
  assert.equal(asked(zones, '1.0.0.10.in-addr.arpa. PTR'), 'NXDOMAIN SOA');
  assert.equal(asked(zones, '1.1.168.192.in-addr.arpa. PTR'), 'the world');
  assert.equal(asked(zones, 'localhost. A'), 'NOERROR 127.0.0.1');
  assert.equal(asked(zones, 'a.localhost. A'), 'NXDOMAIN SOA');
  assert.equal(asked(zones, '1.0.0.127.in-addr.arpa. PTR'), 'NOERROR localhost.');
  assert.equal(asked(zones, 'www.example. A'), 'the world');
});
