// Requests that are written in unusual ways are answered as what they say; what cannot be read is refused by its own id.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import whoami from '../../plugins/whoami/index.ts';
import { InProcess } from '../../testing/in-process.ts';

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ''), 'hex'));
/** 245 octets of labels. */
const long = [63, 63, 63, 51].map((size) => size.toString(16).padStart(2, '0') + '61'.repeat(size)).join('') + '00';
const SOA = 'c00c 0006 0001 00000000 0018 c00c c00c 00000001 00000002 00000003 00000004 00000005';

/** Asks a packet of a server that says who asked. */
async function asked(t: { after(call: () => Promise<void>): void }) {
  const server = new InProcess([whoami]);
  assert.equal(await server.start('. {\n    whoami\n}\n'), undefined);
  t.after(() => server.close());
  const from = { from: undefined, at: undefined, waiting: 0 };
  return async (hex: string, tcp = false) => (await server.exchange({ packet: bytesOf(hex), tcp, ...from }))[0];
}

test('a request that becomes longer when it is written anew is answered, by its own id (H10)', async (t) => {
  const ask = await asked(t);
  const counts = { 'a count too many': '0001 0001 0000', 'none too many': '0000 0001 0000' };
  for (const [what, sections] of Object.entries(counts)) {
    for (const tcp of [false, true]) {
      const reply = await ask(`1234 0100 0001 ${sections} ${long} 0001 0001 ${SOA}`, tcp);
      const { id, rcode, question, flags } = decodeMessage(reply!);
      assert.deepEqual([id, rcode, question!.name.raw.length, flags & 0x100], [0x1234, 0, 245, 0x100], what);
    }
  }
});

test('a request that cannot be written anew is refused by its own id, with RD as it came', async (t) => {
  const ask = await asked(t);
  // A pointer in the question that leads nowhere; one to itself.
  for (const name of ['01 61 c0ff', 'c00c', '01 61 c00c']) {
    const { id, rcode, question } = decodeMessage((await ask(`abcd 0100 0001 0000 0000 0000 ${name} 0001 0001`))!);
    assert.deepEqual([id, rcode, question], [0xabcd, 1, undefined], name);
  }
});

test('an OPT in answer or authority must be readable too (H9), and is none', async (t) => {
  const ask = await asked(t);
  const question = '01 61 00 0001 0001';
  for (const [sections, data, rcode] of [
    ['0001 0000 0000', '0002 c00c', 1], ['0000 0001 0000', '0002 c00c', 1], ['0000 0000 0001', '0002 c00c', 1],
    ['0001 0000 0000', '0005 000a 0008 aa', 1], ['0001 0000 0000', '0000', 0], ['0000 0001 0000', '0000', 0],
  ] as const) {
    const reply = decodeMessage((await ask(`0001 0100 0001 ${sections} ${question} 00 0029 0400 00000000 ${data}`))!);
    assert.deepEqual([reply.id, reply.rcode, reply.edns], [1, rcode, undefined], `${sections} ${data}`);
  }
});

test('an opcode that nobody serves is not implemented, whatever its counts', async (t) => {
  const ask = await asked(t);
  for (const opcode of [1, 2, 3, 5, 6, 15]) {
    const flags = (opcode << 11).toString(16).padStart(4, '0');
    const { id, opcode: said, rcode } = decodeMessage((await ask(`0007 ${flags} 0001 0005 0009 0003 01 61 00 0006 0001`))!);
    assert.deepEqual([id, said, rcode], [7, opcode, 4]);
  }
});
