// The rule of a name is its own, or that of the nearest wildcard that nothing hides: compared with what a list of rules says. Networks: the
// longest prefix.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { parseAddress } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import { systemClock } from '../kernel/clock.ts';
import { Store } from '../store/store.ts';
import { PublishedTable } from './published-table.ts';
import { RpzBuilder } from './rpz-build.ts';
import { RpzRules } from './rpz-rules.ts';
import { readOwner } from './rpz-owner.ts';
import { actionName } from './rpz-zone.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rpz-'));
after(() => rmSync(directory, { recursive: true }));
const HEAD = '$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 300\n@ NS localhost.\n';

/** The rules of a zone's text, and what was wrong in it. */
function rulesOf(text: string): { readonly rules: RpzRules; readonly store: Store; readonly wrong: number } {
  const file = path.join(directory, 'zone');
  writeFileSync(file, `${HEAD}${text}`);
  const store = Store.create(1 << 26, STORE_KEY);
  const space = store.spaces.of(store.spaces.take(), new AbortController().signal, systemClock)(0);
  const table = new PublishedTable(store, space, 'rpz');
  const built = new RpzBuilder(store.memory).build({ path: file, zone: Name.parse('rpz.test.').key });
  assert.ok(built.kind === 'made');
  table.publish(built.table, built.text);
  return { rules: new RpzRules(table), store, wrong: built.wrong };
}
const said = (found: ReturnType<RpzRules['forName']>): string =>
  (found === undefined ? 'none' : `${actionName(found.action)}${found.data.map(([, , data]) => ` ${data.charCodeAt(3)}`).join('')}`);

const label = fc.constantFrom('a', 'b', 'c');
const labels = fc.array(label, { minLength: 1, maxLength: 4 });
const rule = fc.record({
  labels, star: fc.boolean(),
  target: fc.constantFrom('CNAME .', 'CNAME *.', 'CNAME rpz-passthru.', 'CNAME rpz-drop.', 'A 192.0.2.1', 'A 192.0.2.2'),
});
const ownerOf = (each: { readonly labels: readonly string[]; readonly star: boolean }): string =>
  [...(each.star ? ['*'] : []), ...each.labels].join('.');
const WORDS: Readonly<Record<string, string>> = {
  'CNAME .': 'nxdomain', 'CNAME *.': 'nodata', 'CNAME rpz-passthru.': 'passthru', 'CNAME rpz-drop.': 'drop', 'A 192.0.2.1': 'data 1',
  'A 192.0.2.2': 'data 2',
};

test('names: the own rule, then the nearest wildcard', () => {
  fc.assert(fc.property(fc.uniqueArray(rule, { selector: ownerOf, maxLength: 12 }),
    fc.array(labels, { maxLength: 12 }), (all, asked) => {
      const owners = new Map(all.map((each) => [ownerOf(each), WORDS[each.target]!]));
      const { rules, store } = rulesOf([...owners].map(([owner], i) => `${owner} ${all[i]!.target}\n`).join(''));
      for (const name of [...asked, ...all.map((each) => each.labels)]) {
        const text = name.join('.');
        let expected = owners.get(text);
        for (let cut = 1; expected === undefined && cut < name.length; cut++) {
          const above = name.slice(cut).join('.');
          expected = owners.get(`*.${above}`) ?? (owners.has(above) ? 'none' : undefined);
        }
        const found = store.reading.within(() => rules.forName('qname', Name.parse(`${text.toUpperCase()}.`).octets, 0));
        assert.equal(said(found), expected ?? 'none', `${text} of ${[...owners.keys()].join(' ')}`);
      }
    }), { numRuns: 200 });
});

test('networks: the longest prefix, each trigger for itself', () => {
  const { rules, store, wrong } = rulesOf(['24.0.2.0.192.rpz-ip CNAME .', '32.7.2.0.192.rpz-ip CNAME *.',
    '48.zz.2.db8.2001.rpz-ip CNAME rpz-drop.', '128.1.0.0.0.0.0.db8.2001.rpz-ip CNAME .', '8.0.0.0.10.rpz-client-ip CNAME .',
    '24.1.2.0.192.rpz-ip CNAME .',
    '33.1.2.0.192.rpz-ip CNAME .',
    '129.zz.1.rpz-ip CNAME .', 'rpz-ip CNAME .', '32.1.2.3.rpz-nsip CNAME .', '64.zz.1.zz.rpz-nsip CNAME .', '48.12345.zz.rpz-nsip CNAME .',
    'rpz-nsdname CNAME .', '*.ns.rpz-nsdname CNAME *.'].join('\n'));
  const of = (trigger: 'ip' | 'client-ip' | 'nsip', text: string): string => {
    const address = parseAddress(text)!;
    return said(store.reading.within(() => rules.forAddress(trigger, address, 0, address.length)));
  };
  assert.equal(wrong, 8);
  const asked = ['192.0.2.1', '192.0.2.7', '192.0.3.1', '2001:db8:2::1', '2001:db8::1', '2001:db8::2', '10.0.0.1'];
  assert.deepEqual(asked.map((text) => of('ip', text)), ['nxdomain', 'nodata', 'none', 'drop', 'nxdomain', 'none', 'none']);
  assert.deepEqual([of('client-ip', '10.9.9.9'), of('client-ip', '192.0.2.1'), of('nsip', '192.0.2.1')], ['nxdomain', 'none', 'none']);
  assert.equal(said(store.reading.within(() => rules.forName('nsdname', Name.parse('a.ns.').octets, 0))), 'nodata');
  assert.equal(rules.forName('qname', Name.parse('a.ns.').octets, 0), undefined);
});

test('owners: of a network what is read is the network, and nothing else is one', () => {
  const words = ['zz', '0', '1', '24', '32', '128', 'ffff', 'db8', '*', 'rpz-ip', 'rpz-nsdname', '255', '10000'];
  const part = fc.oneof(fc.constantFrom(...words), fc.string());
  fc.assert(fc.property(fc.array(part, { maxLength: 12 }), fc.constantFrom('rpz-ip', 'rpz-client-ip', 'rpz-nsip', 'a'), (parts, last) => {
    if (parts.some((each) => each.length === 0 || each.length > 63)) return;
    const owner = readOwner([...parts, last]);
    if (owner === undefined || 'name' in owner) return;
    assert.ok(owner.address.length === 4 || owner.address.length === 16);
    assert.ok(owner.bits >= 1 && owner.bits <= owner.address.length * 8 && String(owner.bits) === parts[0]);
  }), { numRuns: 500 });
});
