// Over a restart: who had an older version of a zone gets what is another since, from *file*, *auto*, *secondary* and *dynupdate*, also
// where the file changed while nobody served it.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import { printRR } from '../../dns/rr.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Clock } from '../../kernel/clock.ts';
import { framed } from '../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { parseAsk } from '../../testing/question.ts';
import { serve } from '../../testing/served.ts';
import type { Served } from '../../testing/served.ts';
import { UpdateClient } from '../../testing/update-client.ts';
import { until } from '../../../test/servers/programs.ts';
import { standard } from '../index.ts';

/** A version of the zone: its host has the serial in its address. */
const text = (serial: number, host = serial): string => `@ 60 SOA ns h ${serial} 60 30 86400 60\n@ 60 NS ns\nns 60 A 192.0.2.53\n`
  + `www 60 A 192.0.2.${host}\n${Array.from({ length: 20 }, (_, i) => `host${i} 60 A 192.0.2.100\n`).join('')}`;
/** What an IXFR gives: serials of SOAs, and addresses of www, in their order. */
async function since(port: number, serial: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(framed(parseAsk(`z.test IXFR +serial=${serial}`).packet));
    let came = Buffer.alloc(0);
    for await (const chunk of socket) {
      came = Buffer.concat([came, chunk as Buffer]);
      if (came.length >= 2 && came.length >= 2 + came.readUInt16BE()) break;
    }
    const records = decodeMessage(came.subarray(2, 2 + came.readUInt16BE())).answer.map((each) => printRR(each).split('\t'));
    return records.flatMap(([owner, , , type, data]) =>
      type === 'SOA' ? [data!.split(' ')[2]!] : owner === 'www.z.test.' ? [`.${data!.split('.')[3]}`] : []).join(' ');
  } finally {
    socket.destroy();
  }
}
function scratch(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'restart-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'kept'));
  return folder;
}
/** Serves one after the other; the last one ends with the test. */
function servers(t: TestContext) {
  let last: Served | undefined;
  t.after(() => last?.close());
  return async (corefile: string, clock: Clock = new FakeClock()): Promise<Served> => {
    await last?.close();
    last = undefined;
    last = await serve(corefile, standard, clock);
    return last;
  };
}
const kept = (folder: string, ending: string): readonly string[] =>
  readdirSync(path.join(folder, 'kept')).filter((each) => each.endsWith(ending));
/** Whether what is kept has this address. */
const has = (folder: string, host: number): boolean => kept(folder, '.zone').some((each) =>
  readFileSync(path.join(folder, 'kept', each)).includes(Buffer.from([0, 4, 192, 0, 2, host])));

for (const plugin of ['file', 'auto'] as const) {
  test(`${plugin}: what is another since an older version, also where the file changed while nobody served it`, async (t) => {
    const folder = scratch(t);
    const db = path.join(folder, 'db.z.test');
    const lines = plugin === 'file' ? `file ${db} {\nreload 1s\njournal ${folder}/kept\n}`
      : `auto {\ndirectory ${folder} db\\.(.*) {1}\nreload 1s\njournal ${folder}/kept\n}`;
    const corefile = `z.test {\ntransfer {\nto *\n}\n${lines}\n}`;
    const next = servers(t);
    const clock = new FakeClock();
    writeFileSync(db, text(1));
    const first = await next(corefile, clock);
    const said = (): string => first.log();
    rmSync(db);
    writeFileSync(db, text(2));
    await until('the second version', async () => {
      await clock.elapse(1100);
      return await since(first.port, 1) === '2 1 .1 2 .2 2';
    }, said);
    await until('it is kept', () => has(folder, 2), said);
    await first.leave();

    const same = await next(corefile);
    assert.equal(await since(same.port, 1), '2 1 .1 2 .2 2');
    assert.equal(await since(same.port, 2), '2');
    await same.leave();
    writeFileSync(db, text(3));
    const changed = await next(corefile);
    assert.equal(await since(changed.port, 1), '3 1 .1 2 .2 2 .2 3 .3 3');
    assert.equal(await since(changed.port, 2), '3 2 .2 3 .3 3');
    await until('it is kept', () => has(folder, 3), () => changed.log());
    await changed.leave();
    // Under the same serial nobody can be told of other records; the file counts, as at each start.
    writeFileSync(db, text(3, 33));
    const held = await next(corefile);
    // Whole: its records come in their order.
    assert.equal(await since(held.port, 2), '3 .33 3');
    await until('it is kept', () => has(folder, 33), () => held.log());
    await held.leave();
    writeFileSync(db, text(4));
    assert.equal(await since((await next(corefile)).port, 3), '4 3 .33 4 .4 4');
  });
}

test('a broken or foreign journal is said and costs a whole transfer, and a file that is broken stops the start as ever', async (t) => {
  const folder = scratch(t);
  const db = path.join(folder, 'db');
  const corefile = `z.test {\ntransfer {\nto *\n}\nfile ${db} {\njournal ${folder}/kept\n}\n}`;
  const next = servers(t);
  writeFileSync(db, text(1));
  const first = await next(corefile);
  await until('it is kept', () => kept(folder, '.zone').length === 1, () => first.log());
  await first.leave();
  const [file] = kept(folder, '.zone') as [string];
  writeFileSync(path.join(folder, 'kept', file), 'something else');
  writeFileSync(db, text(2));
  const second = await next(corefile);
  assert.equal(await since(second.port, 1), '2 .2 2');
  assert.match(second.log(), /\[WARNING\] plugin\/file: What was kept of z\.test\. is not taken: .* is no whole snapshot/);
  await second.leave();
  writeFileSync(db, 'www 60 A nonsense');
  await assert.rejects(next(corefile), /www 60 A nonsense|nonsense/);
});

test('secondary: a snapshot keeps what became of the zone', async (t) => {
  const folder = scratch(t);
  const db = path.join(folder, 'db');
  writeFileSync(db, text(1));
  const clock = new FakeClock();
  const primary = await serve(`z.test {\ntransfer {\nto *\n}\nfile ${db} {\nreload 1s\n}\n}`, standard, clock);
  t.after(() => primary.close());
  const corefile = `z.test {\ntransfer {\nto *\n}\nsecondary {\ntransfer from 127.0.0.1:${primary.port}\nsnapshot ${folder}/kept\n}\n}`;
  const next = servers(t);
  const ourClock = new FakeClock();
  const first = await next(corefile, ourClock);
  const said = (): string => `${primary.log()}\n${first.log()}`;
  await until('the first version', () => first.log().includes('1 SOA serial'), said);
  rmSync(db);
  writeFileSync(db, text(2));
  await until('the primary has the second version', async () => {
    await clock.elapse(1100);
    return await since(primary.port, 1) === '2 1 .1 2 .2 2';
  }, said);
  await until('the second version', async () => {
    await ourClock.elapse(70_000);
    return await since(first.port, 1) === '2 1 .1 2 .2 2';
  }, said);
  await first.leave();
  const second = await next(corefile);
  await until('what was kept is served', async () => await since(second.port, 1) === '2 1 .1 2 .2 2', () => second.log());
});

test('dynupdate: its database has what became of the zone beside it', async (t) => {
  const folder = scratch(t);
  writeFileSync(path.join(folder, 'seed'), text(1));
  const corefile = 'z.test {\ntransfer {\nto *\n}\ntsig {\nsecret k MTIzNDU2Nzg5MDEyMzQ1Ng==\n}\n'
    + `dynupdate {\nfile ${folder}/seed\ndatabase ${folder}/d.db\nallow k * *\n}\n}`;
  const next = servers(t);
  const first = await next(corefile, systemClock);
  const client = new UpdateClient(first.port, 'z.test', 'k:MTIzNDU2Nzg5MDEyMzQ1Ng==');
  t.after(() => client.close());
  assert.equal(await client.update('delete www.z.test A 192.0.2.1', 'add www.z.test 60 A 192.0.2.2'), 0);
  assert.equal(await client.update('add www.z.test 60 A 192.0.2.3'), 0);
  const before = await since(first.port, 1);
  assert.match(before, /^3 1 \.1 2 \.2 2 3 \.3 3$/);
  await first.leave();
  assert.equal(await since((await next(corefile)).port, 1), before);
});
