// Tests of zones that a resolver answers by itself: what each kind does with names, types and records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { parseRR, printRdata } from '../dns/rr.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import { LOCAL_KINDS, LocalZones } from './local-zones.ts';
import type { LocalKind } from './local-zones.ts';

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
    block_a: ['NOERROR 192.0.2.1', 'the world', 'NOERROR', 'NOERROR'],
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
test('records without a zone answer for their own name alone', () => {
  const zones = new LocalZones([], [parseRR('www.x. 60 IN A 192.0.2.1')!], false);
  const found = ['www.x. A', 'www.x. MX', 'x. A', 'a.www.x. A'].map((question) => asked(zones, question));
  assert.deepEqual(found, ['NOERROR 192.0.2.1', 'NOERROR', 'the world', 'the world']);
});
test('what means nothing elsewhere is not asked of the world (RFC 6303), unless the owner says so', () => {
  const zones = new LocalZones([{ name: Name.parse('168.192.in-addr.arpa'), kind: 'nodefault' }], [], true);
  assert.equal(asked(zones, '1.0.0.10.in-addr.arpa. PTR'), 'NXDOMAIN');
  assert.equal(asked(zones, '1.1.168.192.in-addr.arpa. PTR'), 'the world');
  assert.equal(asked(zones, 'localhost. A'), 'NOERROR 127.0.0.1');
  assert.equal(asked(zones, 'a.localhost. A'), 'NXDOMAIN');
  assert.equal(asked(zones, '1.0.0.127.in-addr.arpa. PTR'), 'NOERROR localhost.');
  assert.equal(asked(zones, 'www.example. A'), 'the world');
});
