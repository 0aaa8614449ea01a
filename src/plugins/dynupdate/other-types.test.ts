// An UPDATE whose zone section names another type than SOA (RFC 2136 section 3.1.1): FORMERR, also where that type is one of transfers and
// *transfer* stands in front.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { message } from '../../dns/parts.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { InProcess } from '../../testing/in-process.ts';
import { standard } from '../index.ts';

test('the type of an UPDATE is SOA, and every other one is FORMERR', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dynupdate-'));
  const server = new InProcess(standard);
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(path.join(folder, 'seed'), '@ 60 SOA ns h 7 2 3 4 5\n@ 60 NS ns\n');
  const lines = `transfer {\nto *\n}\ndynupdate {\nfile ${folder}/seed\ndatabase ${folder}/db\nallow k * *\n}\n`;
  assert.equal(await server.start(`a.test {\ntsig {\nsecret k MTIzNDU2Nzg5MDEyMzQ1Ng==\n}\n${lines}}\n`), undefined);
  for (const type of [TYPE.IXFR, TYPE.AXFR, TYPE.A, TYPE.ANY]) {
    const question = { name: Name.parse('a.test'), type, class: CLASS.IN };
    const packet = encodeMessage(message({ id: 7, opcode: OPCODE.UPDATE, question }), { compress: false });
    const [reply] = await server.exchange({ packet, tcp: true, at: undefined, from: undefined, waiting: 0 });
    const { rcode, opcode } = decodeMessage(reply!);
    assert.deepEqual([rcode, opcode], [RCODE.FORMERR, OPCODE.UPDATE], String(type));
  }
});
