// When a zone is signed again, what is said, and that the signed file is whole whatever happens. Files in a folder of their own, time that
// the test moves.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Chain } from '../../authority/signing/chain.ts';
import { Name } from '../../dns/name.ts';
import { SOA } from '../../dns/types.ts';
import { parseRR } from '../../dns/rr.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import type { Aside } from '../../kernel/aside.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { signFile } from './sign-file.ts';
import type { SignOrder } from './sign-file.ts';
import { ZoneSigner } from './zone-signer.ts';

const zone = Name.parse('example.org.');
const HOUR = 3_600_000, DAY = 24 * HOUR;
const ZONE = '$ORIGIN example.org.\n@ 60 IN SOA ns host 1 7200 3600 1209600 60\n@ 60 IN NS ns\n$INCLUDE more\n';

function rig(aside?: Aside) {
  const folder = mkdtempSync(join(tmpdir(), 'sign-'));
  const clock = new FakeClock();
  let said: string[] = [];
  const line = (text: string) => void said.push(text);
  const log = { info: line, warning: line, error: line, prefix: () => log } as unknown as Log;
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    // Of its own moment, whatever the file system's clock is.
    const at = clock.wall() / 1000;
    utimesSync(join(folder, name), at, at);
  };
  write('db', ZONE);
  write('more', 'ns 60 IN A 192.0.2.1\n');
  const keys = [generateKey(zone, algorithmNamed('ECDSAP256SHA256')!, 257, 300)];
  const settings = { input: join(folder, 'db'), directory: folder, zones: [zone] };
  const signer = (used = keys, chain: Chain = 'nsec') => new ZoneSigner({ ...settings, keys: used, chain }, zone, { clock, log, aside });
  const path = join(folder, 'db.example.org.signed');
  return {
    folder, clock, keys, path, signer, write,
    /** What a look says. */
    async look(one: ZoneSigner, told = true): Promise<string> {
      said = [];
      await one.look(told);
      return said.join('\n').replaceAll(`${folder}/`, '');
    },
    serial: () => SOA.values(parseRR(readFileSync(path, 'utf8'))!.rdata).serial,
    close: () => rmSync(folder, { recursive: true }),
  };
}

test('signed when it is missing, changed, old, of another key, of the future, or somebody else wrote it; else let alone', async () => {
  const { clock, keys, look, path, serial, signer, write, close } = rig();
  try {
    const one = signer();
    const missing = /^Signing "example.org." because open db.example.org.signed: no such file or directory\nSuccessfully signed zone/;
    assert.match(await look(one), missing);
    const first = serial();
    assert.equal(first, Math.floor(clock.wall() / 1000));
    assert.match(await look(one), /^Skipping signing zone "example.org." in "db.example.org.signed": signatures are valid$/);
    assert.equal(await look(one, false), '');
    // In the same second: the serial number goes on all the same.
    write('db', `${ZONE}www 60 IN A 192.0.2.2\n`);
    assert.match(await look(one, false), /^Signing "example.org." because db has changed\nSuccessfully signed/);
    assert.equal(serial(), first + 1);
    await clock.elapse(DAY);
    write('more', 'ns 60 IN A 192.0.2.9\n');
    assert.match(await look(one, false), /because more has changed\nSuccessfully/);
    await clock.elapse(5 * DAY);
    assert.equal(await look(one, false), '');
    await clock.elapse(DAY);
    assert.match(await look(one, false), /because its signatures are older than 6 days: from .*\nSuccessfully/);
    const others = [generateKey(zone, algorithmNamed('ED25519')!, 257, 300)];
    assert.match(await look(signer(others)), /because it is signed with another key: \d+\nSuccessfully/);
    assert.match(await look(signer([...others, ...keys]), false), /^$/);
    assert.match(await look(signer(others, 'nsec3')), /because it denies by nsec\nSuccessfully/);
    assert.match(await look(signer(others, 'nsec3'), false), /^$/);
    assert.match(await look(signer(others)), /because it denies by nsec3\nSuccessfully/);
    // A file that says nothing of its input: the moment of both counts.
    writeFileSync(path, readFileSync(path, 'latin1').replace(/^;.*\n/gm, ''));
    utimesSync(path, clock.wall() / 1000 + 10, clock.wall() / 1000 + 10);
    assert.equal(await look(signer(others), false), '');
    await clock.elapse(60_000);
    write('db', ZONE);
    assert.match(await look(signer(others), false), /because db is newer\nSuccessfully/);
    writeFileSync(path, 'nothing\n');
    assert.match(await look(signer(others), false), /because db.example.org.signed has no signed SOA record\nSuccessfully/);
  } finally {
    close();
  }
});

test('a clock that went back', async () => {
  const { clock, look, signer, serial, folder, keys, close } = rig();
  try {
    await look(signer());
    const first = serial();
    const early = new FakeClock(clock.wall() - 400 * DAY);
    const lines: string[] = [];
    const log = { info: (text: string) => void lines.push(text), warning: (text: string) => void lines.push(text) } as unknown as Log;
    const settings = { input: join(folder, 'db'), directory: folder, zones: [zone], keys, chain: 'nsec' } as const;
    await new ZoneSigner(settings, zone, { clock: early, log }).look(true);
    assert.match(lines.join('\n'), /because its signatures are of the future/);
    assert.equal(serial(), first + 1);
  } finally {
    close();
  }
});

test('what is wrong leaves the old file as it is, leaves nothing beside it, and is said once', async () => {
  const { clock, folder, look, path, signer, write, close } = rig();
  try {
    const one = signer();
    await look(one);
    const before = readFileSync(path, 'utf8');
    for (const [text, said] of [
      ['this is no zone\n', /Error signing "example.org." with key tags "\d+" in .*s: .*db:1/], ['', /Error signing .*SOA/],
      [ZONE.replace('more', 'none'), /Error signing .*none/],
    ] as const) {
      await clock.elapse(1000);
      write('db', text);
      assert.match(await look(one, false), said);
      assert.equal(await look(one, false), '');
      assert.match(await look(one, true), said);
    }
    assert.equal(readFileSync(path, 'utf8'), before);
    assert.deepEqual(readdirSync(folder).filter((name) => name.includes('tmp')), []);
    // A link in the place of the file that is written first is not followed.
    write('victim', 'precious\n');
    symlinkSync(join(folder, 'victim'), `${path}.tmp`);
    write('db', ZONE);
    assert.match(await look(one, false), /Successfully signed/);
    assert.equal(readFileSync(join(folder, 'victim'), 'utf8'), 'precious\n');
    assert.ok(!statSync(path).isSymbolicLink());
    // No folder to write to: a directory stands in the place of the file.
    rmSync(path);
    mkdirSync(path);
    assert.match(await look(one, false), /Error signing/);
    assert.deepEqual(readdirSync(folder).filter((name) => name.includes('tmp')), []);
  } finally {
    close();
  }
});

test('a large file is signed elsewhere, from an order that can be sent, and what goes wrong there is said here', async () => {
  const asked: string[] = [];
  const { clock, look, signer, write, serial, close } = rig({
    ask: (work, order) => {
      asked.push(work);
      return signFile(structuredClone(order) as SignOrder);
    },
  });
  try {
    const one = signer();
    await look(one);
    assert.deepEqual(asked, []);
    const many = Array.from({ length: 3000 }, (_, i) => `${'x'.repeat(50)}${i} 60 IN A 192.0.2.1 ; ${'-'.repeat(40)}\n`).join('');
    write('db', `${ZONE}${many}`);
    const before = serial();
    assert.match(await look(one), /Successfully signed/);
    assert.deepEqual(asked, ['sign']);
    assert.equal(serial(), before + 1);
    await clock.elapse(1000);
    write('db', `${ZONE}${many}a 60 IN B c\n`);
    assert.match(await look(one), /Error signing .*db:\d+/);
  } finally {
    close();
  }
});
