// UPDATEs that are signed rightly and say anything, to a server whose zone has a database. Knows what must hold: one answer, no panic, a
// zone that stays one, and a database that says the same.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fc } from '../../src/testing/properties.ts';
import { contentsOf } from '../../src/authority/update-contents.ts';
import { UpdateJournal } from '../../src/authority/update-journal.ts';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { AA, message } from '../../src/dns/parts.ts';
import { OPCODE, RCODE } from '../../src/dns/rcode.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { standard } from '../../src/plugins/index.ts';
import { InProcess } from '../../src/testing/in-process.ts';
import { sent } from '../../src/testing/signed.ts';
import { target } from './target.ts';
import { records } from './updates.ts';

const zone = Name.parse('a.test').folded, SECRET = 'MTIzNDU2Nzg5MDEyMzQ1Ng==';
const corefile = (folder: string): string => `
a.test {
    errors
    log
    cache
    tsig {
        secret k ${SECRET}
    }
    transfer {
        to *
    }
    dynupdate {
        file ${folder}/seed
        database ${folder}/db
        allow k * *
        max_records 40
    }
}
`;

let started: { readonly server: InProcess; readonly folder: string } | undefined;
/** Started with the first case. */
async function running() {
  if (started !== undefined) return started;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-fuzz-'));
  writeFileSync(path.join(folder, 'seed'), '@ 60 SOA ns h 7 2 3 4 5\n@ 60 NS ns\nwww 60 A 192.0.2.1\n');
  const server = new InProcess(standard);
  assert.equal(await server.start(corefile(folder)), undefined);
  started = { server, folder };
  return started;
}
/** Ends the server. */
export async function ended(): Promise<void> {
  await started?.server.close();
  if (started !== undefined) rmSync(started.folder, { recursive: true, force: true });
}

const question = { name: zone, type: TYPE.SOA, class: CLASS.IN };
const some = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 2 });
const opcode = fc.constantFrom(OPCODE.UPDATE, OPCODE.UPDATE, OPCODE.QUERY);
const inputs = fc.record({ sections: records, some, id: fc.nat(65535), opcode });
let count = 0;

/** What a client with a key may send. */
export const updateServer = target('updateServer', 400, inputs, async ({ sections, some, id, opcode }) => {
  const { server, folder } = await running();
  server.forget();
  const bytes = encodeMessage(message({ id, opcode, question, ...sections }), { compress: true });
  for (const [at, value] of some) if (at % bytes.length > 11) bytes[at % bytes.length] = value;
  // Another second each: the same octets would get their first answer.
  await server.elapse(1000);
  const { packet } = sent(bytes, { text: `k:${SECRET}`, skew: 0, badMac: false }, server.clock.wall());
  const [reply, ...more] = await server.exchange({ packet, tcp: true, at: undefined, from: undefined, waiting: 0 });
  assert.ok(reply !== undefined && more.length === 0);
  const { rcode, answer, authority, opcode: answered } = decodeMessage(reply);
  if (opcode === OPCODE.UPDATE && rcode !== RCODE.FORMERR) assert.deepEqual([answered, answer, authority], [opcode, [], []]);
  // A question for an IXFR that says no serial fails (XFR-2): that octet of the question may have become its type.
  if (opcode === OPCODE.UPDATE || bytes[21] !== TYPE.IXFR) assert.notEqual(rcode, RCODE.SERVFAIL);
  assert.deepEqual(server.log().filter((line) => /panic|\[ERROR\]/.test(line)), []);
  server.forget();
  const [soa] = await server.exchange({
    packet: encodeMessage(message({ question }), { compress: false }), tcp: true, at: undefined, from: undefined, waiting: 0,
  });
  const shown = decodeMessage(soa!);
  assert.deepEqual([shown.rcode, shown.flags & AA, shown.answer.length], [RCODE.NOERROR, AA, 1]);
  assert.ok(shown.authority.some(({ type }) => type === TYPE.NS));
  if (++count % 40 > 0) return;
  const kept = contentsOf(zone, await UpdateJournal.entriesIn(path.join(folder, 'db'), zone));
  assert.deepEqual(kept.at(zone).find(({ type }) => type === TYPE.SOA)?.rdata, shown.answer[0]!.rdata);
  assert.ok(kept.records <= 40);
});
