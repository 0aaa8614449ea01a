// *ratelimit* with clients that have cookies, over real sockets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTION, findOption } from '../../dns/edns-options.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import type { Parts } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { RD, TC } from '../../kernel/query/message.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { serve } from '../../testing/served.ts';
import { overUdp } from '../../testing/udp-question.ts';
import { standard } from '../index.ts';

/** Asks over UDP with this cookie. */
async function ask(port: number, cookie: Uint8Array): Promise<Parts> {
  const packet = encodeMessage({
    id: 7, opcode: 0, rcode: 0, flags: RD, question: { name: Name.parse('a.test.'), type: TYPE.A, class: 1 }, answer: [], authority: [],
    additional: [],
    edns: { udpSize: 1232, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [{ code: OPTION.COOKIE, data: cookie }] },
  }, { compress: false });
  return decodeMessage(await overUdp(port, packet));
}

test('a good cookie is free, a made-up one is not', async (t) => {
  const corefile = '. {\n cookies\n ratelimit {\n requests-per-second 1\n slip-ratio 1\n }\n whoami\n}\n';
  const server = await serve(corefile, standard, new FakeClock());
  t.after(() => server.close());
  const client = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const first = await ask(server.port, client);
  assert.equal(first.rcode, RCODE.NOERROR);
  assert.equal(first.flags & TC, 0);
  assert.equal((await ask(server.port, client)).flags & TC, TC, 'over its limit');
  const good = findOption(first.edns, OPTION.COOKIE)!.data;
  for (let i = 0; i < 3; i++) assert.equal((await ask(server.port, good)).flags & TC, 0);
  const forged = good.slice();
  forged[20]! ^= 1;
  assert.equal((await ask(server.port, forged)).flags & TC, TC);
});
