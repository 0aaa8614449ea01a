// `local_root`: the root had whole (RFC 8806). It is asked in place of the servers of the root once its digest holds, and these are asked
// while it cannot be had or is not what its keys have signed.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { u16 } from '../../dns/packet.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { printRR, record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { ZONE_SHA384, ZoneDigest, zoneDigestData } from '../../dnssec/zone-digest.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { FIRST_MOMENT } from '../../testing/fake-clock.ts';
import { InProcess } from '../../testing/in-process.ts';
import { MadeDatagrams } from '../../testing/made-datagrams.ts';
import { MadeInternet, MadeZone } from '../../testing/made-internet.ts';
import { parseAsk } from '../../testing/question.ts';
import { standard } from '../index.ts';
import { MadePrimary } from '../secondary/made-primary.test.ts';

const NOW = FIRST_MOMENT / 1000, TIMES = { inception: NOW - 1000, expiration: NOW + 1e6 };
const ROOT = '192.0.2.1', LAND = '192.0.2.2';
const zone = new MadeZone('land.', ['@ 300 NS ns', `ns 300 A ${LAND}`, 'www 300 A 192.0.2.80'], true, NOW);
const root = new MadeZone('.', ['@ 300 NS ns.root.', `ns.root. 300 A ${ROOT}`, 'land. 300 NS ns.land.', `ns.land. 300 A ${LAND}`, zone.ds,
  '@ 300 ZONEMD 1 1 1 00'], true, NOW);

/** The root as a transfer has it, with the digest that it has, or with this one. */
function transferred(digest?: Uint8Array): readonly string[] {
  const isDigest = ({ type, rdata }: RR): boolean => type === TYPE.ZONEMD || (type === TYPE.RRSIG && u16(rdata, 0) === TYPE.ZONEMD);
  const records = root.everything().filter((rr) => !isDigest(rr));
  const sets = new Map<string, RR[]>();
  for (const rr of records) {
    const key = `${rr.name.key} ${rr.type} ${rr.ttl}`;
    sets.set(key, [...sets.get(key) ?? [], rr]);
  }
  const made = new ZoneDigest(root.apex.octets);
  for (const set of sets.values()) {
    const { name, type, class: klass, ttl } = set[0]!;
    made.add({ owner: name.octets, type, class: klass, ttl, data: set.map(({ rdata }) => rdata) });
  }
  const data = zoneDigestData(1, ZONE_SHA384, digest ?? made.digest());
  const signature = root.key!.signSet({ owner: root.apex.octets, type: TYPE.ZONEMD, class: CLASS.IN, ttl: 300, data: [data] }, TIMES);
  const soa = records.find(({ type }) => type === TYPE.SOA)!;
  return [soa, ...records.filter((rr) => rr !== soa), record(root.apex, TYPE.ZONEMD, CLASS.IN, 300, data),
    record(root.apex, TYPE.RRSIG, CLASS.IN, 300, signature), soa].map(printRR);
}

/** A server in the made-up internet, with the root from this primary. */
async function start(t: TestContext, primary: MadePrimary) {
  const folder = mkdtempSync(path.join(tmpdir(), 'local-root-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'hints'), `. 300 NS ns.root.\nns.root. 300 A ${ROOT}\n`);
  writeFileSync(path.join(folder, 'key'), printRR(record(root.apex, TYPE.DNSKEY, CLASS.IN, 300, root.key!.data)));
  const internet = new MadeInternet().at(ROOT, root).at(LAND, zone);
  const server = new InProcess(standard, new MadeDatagrams(internet));
  t.after(() => server.close());
  const lines = [`trust_anchor ${folder}/key`, `root_hints ${folder}/hints`, `local_root 127.0.0.1:${primary.port}`, 'ipv6 off'];
  assert.equal(await server.start(`. {\nrecursive {\n${lines.join('\n')}\n}\n}`), undefined);
  const ask = async (question: string): Promise<string> => {
    const [reply] = await server.ask(parseAsk(`${question} +ad`));
    const { rcode, flags, answer } = reply!;
    return [rcodeName(rcode), ...(flags & 0x20 ? ['ad'] : []), ...answer.map((rr) => printRR(rr).split('\t').at(-1))].join(' ');
  };
  const has = (text: string): boolean => server.log().join('\n').includes(text);
  const says = (text: string) => eventually(() => has(text), text);
  /** The clock goes on until it is in the log: what is asked over a real connection takes a while meanwhile. */
  const saysLater = async (text: string): Promise<void> => {
    for (let seconds = 0; !has(text); seconds += 0.1) {
      if (seconds > 10_000) throw new Error(`waited in vain until ${text}`);
      await server.elapse(100);
    }
  };
  // That a key is trusted is told before the zone is there (RFC 8145).
  const askedRoot = (): boolean => internet.asked.some((each) => each.startsWith(`${ROOT} land.`) || each === `${ROOT} missing. A`);
  return { ask, says, saysLater, askedRoot };
}

test('the root is had whole, and none of its servers is asked', async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { '. AXFR': [transferred()] };
  const { ask, says, askedRoot } = await start(t, primary);
  await says('Transferred . from');
  assert.equal(await ask('www.land. A'), 'NOERROR ad 192.0.2.80');
  assert.equal(await ask('missing. A'), 'NXDOMAIN ad');
  assert.equal(await ask('. NS'), 'NOERROR ad ns.root.');
  assert.equal(askedRoot(), false);
});
test('while it cannot be had the servers of the root are asked, and it is as soon as it can', async (t) => {
  const primary = await new MadePrimary().open(t);
  const { ask, says, saysLater, askedRoot } = await start(t, primary);
  await says("All '.' masters failed to transfer");
  assert.equal(await ask('www.land. A'), 'NOERROR ad 192.0.2.80');
  assert.equal(askedRoot(), true);
  primary.says = { '. AXFR': [transferred()] };
  await saysLater('Transferred . from');
});
test('one whose digest is another is not taken, and one that its keys have not signed neither', async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { '. AXFR': [transferred(new Uint8Array(48))] };
  const { ask, says, saysLater, askedRoot } = await start(t, primary);
  await says('the digest of . is not the one in its ZONEMD record');
  assert.equal(await ask('www.land. A'), 'NOERROR ad 192.0.2.80');
  assert.equal(askedRoot(), true);
  primary.says = { '. AXFR': [transferred().filter((line) => !line.includes('ZONEMD'))] };
  await saysLater('. has no ZONEMD record, and one is required');
});
test('one that is over is not asked any more', async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { '. AXFR': [transferred()] };
  const { ask, says, saysLater, askedRoot } = await start(t, primary);
  await says('Transferred . from');
  primary.says = {};
  await saysLater('Zone . is expired');
  assert.equal(await ask('www.land. A'), 'NOERROR ad 192.0.2.80');
  assert.equal(askedRoot(), true);
});
