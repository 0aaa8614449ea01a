// *geoip* through the front door: databases made here, questions from addresses and for networks, and what the log says; lines that are
// refused; and files that are no databases or are damaged.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Store } from '../../store/store.ts';
import { runScenario } from '../../testing/scenario.ts';
import { Database } from './database.ts';
import { LABELS as LABELS_OF } from './labels.ts';
import { madeDatabase } from './made-database.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const CITY = madeDatabase('GeoLite2-City', [
  ['127.0.0.0/28', { country: { iso_code: 'GB', names: { de: 'Vereinigtes Königreich', en: 'United Kingdom' } } }],
  ['198.51.100.0/24', {
    city: { names: { en: 'Lyon' } }, continent: { code: 'EU', names: { en: 'Europe' } },
    country: { iso_code: 'FR', is_in_european_union: true, names: { en: 'France' } },
    location: { latitude: 45.75, longitude: 1e-7, time_zone: 'Europe/Paris' }, postal: { code: '69000' },
    subdivisions: [{ iso_code: 'ARA' }, { iso_code: '69' }],
  }],
  ['2001:db8::/32', { country: { iso_code: 'SE' } }],
]);
const ORG = { autonomous_system_number: 64500, autonomous_system_organization: 'Example Org' };
const ASN = madeDatabase('GeoLite2-ASN', [['127.0.0.1/32', ORG]]);

function folderOf(t: TestContext, files: { readonly [name: string]: Uint8Array }): string {
  const folder = mkdtempSync(join(tmpdir(), 'geoip-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}
const LABELS = [
  'city/name', 'country/code', 'country/name', 'country/is_in_european_union', 'continent/code', 'continent/name', 'latitude', 'longitude',
  'timezone', 'postalcode', 'subdivisions/code',
].map((label) => `{/geoip/${label}}`).join();
const said = 'ignore additional\n    ignore flags';

test('each label of a city database says what is there, and nothing where nothing is (GEO-3)', async (t) => {
  const folder = folderOf(t, { 'city.mmdb': CITY });
  await runScenario(`==== labels
. {
    root ${folder}
    metadata
    geoip city.mmdb {
        edns-subnet
    }
    log . "{name} ${LABELS} {/geoip/asn/number}"
    whoami
}
----
ask home.test A from 127.0.0.5
    NOERROR aa
    ${said}
ask away.test A from 127.0.0.77
    NOERROR aa
    ${said}
ask net.test A +subnet=198.51.100.0/24
    NOERROR aa
    ${said}
    ignore edns
ask six.test A +subnet=2001:db8:7::/48
    NOERROR aa
    ${said}
    ignore edns
log ^\\[INFO\\] home.test. ,GB,United Kingdom,false,,,,,,, -$
log ^\\[INFO\\] away.test. ,,,false,,,,,,, -$
log ^\\[INFO\\] net.test. Lyon,FR,France,true,EU,Europe,45.75,0.0000001,Europe/Paris,69000,ARA,69 -$
log ^\\[INFO\\] six.test. ,SE,,false,,,,,,, -$
`);
});

test('the network that a client names counts only where the line says so (GEO-1)', async (t) => {
  const folder = folderOf(t, { 'city.mmdb': CITY });
  await runScenario(`==== without edns-subnet
. {
    metadata
    geoip ${folder}/city.mmdb
    log . "{name} {/geoip/country/code}"
    whoami
}
----
ask a.test A from 127.0.0.5 +subnet=198.51.100.0/24
    NOERROR aa
    ${said}
    ignore edns
log ^\\[INFO\\] a.test. GB$
`);
});

test('a database of networks says whose they are; a new file counts from the next reload on, a broken one does not (GEO-2)', async (t) => {
  const corefile = (folder: string) => `. {
    metadata
    geoip ${folder}/asn.mmdb
    log . "{name} {/geoip/asn/number} {/geoip/asn/org}"
    whoami
}`;
  const folder = folderOf(t, { 'asn.mmdb': ASN });
  const next = madeDatabase('DBIP-ASN-Lite (compat=GeoLite2-ASN)', [['127.0.0.1/32', { autonomous_system_number: 64501 }]]);
  const other = folderOf(t, { 'asn.mmdb': next });
  const broken = folderOf(t, { 'asn.mmdb': ASN.subarray(0, 40) });
  const block = (text: string) => text.split('\n').map((line) => `    ${line}`).join('\n');
  await runScenario(`==== reloads
${corefile(folder)}
----
ask one.test A
    NOERROR aa
    ${said}
log ^\\[INFO\\] one.test. 64500 Example Org$
reload
${block(corefile(broken))}
refused plugin/geoip: Corefile:3 - Error during parsing: failed to open database file: error opening database: invalid MaxMind DB file
ask two.test A
    NOERROR aa
    ${said}
log ^\\[INFO\\] two.test. 64500 Example Org$
reload
${block(corefile(other))}
ask three.test A
    NOERROR aa
    ${said}
log ^\\[INFO\\] three.test. 64501 $
`);
});

test('lines that are refused, as CoreDNS refuses them', async (t) => {
  const domains = madeDatabase('GeoIP2-Domain', [['127.0.0.1/32', {}]]), unknown = madeDatabase('GeoIP2-ASN', [['127.0.0.1/32', {}]]);
  const folder = folderOf(t, { 'city.mmdb': CITY, 'domain.mmdb': domains, 'own.mmdb': unknown });
  const failed = 'failed to open database file:';
  for (const [line, where, why] of [
    ['geoip', 2, "Wrong argument count or unexpected line ending after 'geoip'"],
    ['geoip a b', 2, "Wrong argument count or unexpected line ending after 'b'"],
    ['geoip none.mmdb', 2, `${failed} open ${folder}/none.mmdb: no such file or directory`],
    [`geoip ${folder}`, 2, `${failed} read ${folder}: is a directory`],
    ['geoip own.mmdb', 2, `${failed} geoip2: reader does not support the "GeoIP2-ASN" database type`],
    ['geoip domain.mmdb', 2, 'database does not provide any supported schema (city, asn)'],
    ['geoip none.mmdb\n    geoip city.mmdb', 3, 'configuring multiple databases is not supported'],
    ['geoip none.mmdb {\n        foo\n    }', 3, 'unknown property "foo"'],
    ['geoip none.mmdb {\n        edns-subnet x\n    }', 3, 'unknown property "x"'],
  ] as const) {
    await runScenario(`==== ${line.split('\n').at(-1)}
. {
    ${line}
    root ${folder}
}
----
refused plugin/geoip: Corefile:${where} - Error during parsing: ${why}
`);
  }
});

test('a database with damaged bytes never throws at a look-up', () => {
  const addresses = ['127.0.0.1', '198.51.100.7', '2001:db8::1', '255.255.255.255', '::'];
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(CITY.indexOf('MaxMind.com') - 4), fc.nat(255)), { maxLength: 8 }), (changes) => {
    const store = Store.create(1 << 22, STORE_KEY);
    const at = store.memory.take(Math.ceil(CITY.length / 4));
    store.memory.bytes.set(CITY, at * 4);
    for (const [place, value] of changes) store.memory.bytes[at * 4 + place] = value;
    const flags = store.cells.flags('geoip', 2);
    flags.set(0, at);
    flags.set(1, CITY.length);
    const database = new Database(store, flags);
    const read = (address: string) => [...LABELS_OF.city.values()].map((label) => database.find(address, label));
    assert.equal(addresses.flatMap(read).length, addresses.length * LABELS_OF.city.size);
  }), { numRuns: 200 });
});
