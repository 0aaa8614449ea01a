// A stamp names what its reply is made of, however the reply points to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { HEADER, Records } from '../../dns/packet.ts';
import { QR, message } from '../../dns/parts.ts';
import { parseRR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { Store } from '../../store/store.ts';
import { nameAll } from './stamp.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const wire = (text: string) => Buffer.from(Name.parse(text).raw, 'latin1');
const records = (texts: readonly string[]) => texts.map((text) => parseRR(text)!);

/** Whether the stamp of a reply is still true after something was changed. */
function outlives(compress: boolean, changed: string): boolean {
  const { changes } = Store.create(1 << 22, STORE_KEY);
  const zone = changes.zone(Name.parse('example.org').key);
  const packet = encodeMessage(message({
    flags: QR, question: { name: Name.parse('WWW.example.org'), type: TYPE.A, class: CLASS.IN },
    answer: records(['www.example.org 5 IN CNAME web.Example.org', 'web.example.org 5 IN CNAME a.b.web.example.org',
      'a.b.web.example.org 5 IN A 192.0.2.1', 'a.b.web.example.org 5 IN A 192.0.2.2']),
    authority: records(['example.org 5 IN NS ns.example.org']),
    additional: records(['ns.example.org 5 IN A 192.0.2.3']),
  }), { compress });
  const bytes = Uint8Array.from([0, 0, 0, 0, ...packet]);
  const lie = new Records();
  assert.ok(lie.read(bytes, 4, packet.length, HEADER + 17 + 4));
  const words = new Int32Array(8);
  changes.begin(words, 1, changes.moment);
  nameAll(changes, words, 1, { bytes, at: 4 }, { bytes, at: 4, length: packet.length }, lie);
  zone.changed(wire(changed), 0);
  return changes.fresh(words, 1);
}

for (const compress of [true, false]) {
  test(`each name of a reply counts, ${compress ? 'where it is a pointer' : 'where it is written out'}`, () => {
    for (const name of ['www.example.org', 'web.example.org', 'A.b.web.example.org', 'ns.example.org', 'example.org']) {
      assert.equal(outlives(compress, name), false, name);
    }
    for (const name of ['b.web.example.org', 'ww.example.org', 'x.www.example.org']) assert.equal(outlives(compress, name), true, name);
  });
}
