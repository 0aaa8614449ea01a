// `_dsboot` records (RFC 9615): a zone's CDS and CDNSKEY below the names of its servers, in zones that this server signs too, from when the
// zone has them until it is gone.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RCODE } from '../../dns/rcode.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { RRSIG } from '../../dns/types-security.ts';
import { VerifyingKey } from '../../dnssec/verification.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { standard } from '../index.ts';

const HOUR = 3_600_000;

test('keys are told below the names of servers in other zones, signed there, and no longer than there are any', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dsboot-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'db'), '@ 300 IN SOA ns host 7 7200 3600 1209600 60\n@ 300 IN NS ns\nns 300 IN A 192.0.2.1\n');
  const block = (zone: string, more = ''): string =>
    `${zone} {\n    dnssec {\n        auto\n        keys ${folder}/keys\n        ${more}\n    }\n    file ${folder}/db\n}\n`;
  const server = new InProcess(standard);
  t.after(() => server.close());
  const ask = async (text: string) => (await server.ask(parseAsk(`${text} +do`)))[0]!;
  const data = (records: readonly RR[], type: number): string[] =>
    records.filter((one) => one.type === type).map(({ rdata }) => Buffer.from(rdata).toString('hex'));
  const both = `${block('example.org', 'dsboot ns1.example.net ns.example.org ns.elsewhere.test')}${block('example.net')}`;
  assert.equal(await server.start(both), undefined);
  const name = '_dsboot.example.org._signal.ns1.example.net';
  assert.equal((await ask(`${name} CDS`)).rcode, RCODE.NXDOMAIN, 'caches may be without the key');
  for (let hour = 0; hour < 4; hour++) await server.clock.elapse(HOUR);
  const keys = (await ask('example.net DNSKEY')).answer.filter(({ type }) => type === TYPE.DNSKEY);
  for (const [word, type] of [['CDS', TYPE.CDS], ['CDNSKEY', TYPE.CDNSKEY]] as const) {
    const own = (await ask(`example.org ${word}`)).answer;
    const { answer } = await ask(`${name} ${word}`);
    assert.ok(data(own, type).length > 0);
    assert.deepEqual(data(answer, type), data(own, type));
    const signature = answer.find((one) => one.type === TYPE.RRSIG)!;
    assert.equal(RRSIG.values(signature.rdata).signer.text, 'example.net.');
    const set = answer.filter((one) => one.type === type);
    const signed = { owner: set[0]!.name.octets, type, class: 1, ttl: set[0]!.ttl, data: set.map(({ rdata }) => rdata) };
    const now = server.clock.wall() / 1000;
    assert.ok(keys.some(({ rdata }) => new VerifyingKey(rdata).verify(signed, signature.rdata, now) === 'valid'));
  }
  assert.equal((await ask('_dsboot.example.org._signal.ns.example.org CDS')).rcode, RCODE.NXDOMAIN, 'a parent would not ask there');
  server.rewrite(block('example.net'));
  assert.equal(await server.reload(), undefined);
  await server.clock.elapse(HOUR);
  assert.equal((await ask(`${name} CDS`)).rcode, RCODE.NXDOMAIN);
});
