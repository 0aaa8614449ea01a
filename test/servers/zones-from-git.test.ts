// The zones from git of the page of *auto*, with a real repository and a link that is made to lead elsewhere as git-sync does it: all of a
// revision is served when anybody hears of it, and a secondary follows. Knows git's words.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { message } from '../../src/dns/parts.ts';
import { printRR } from '../../src/dns/rr.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { examples } from '../gates/page.ts';
import { missing, scratch, until } from './programs.ts';

const QR = 0x80, NOTIFY = 0x20;

/** A repository, and beside it what git-sync makes: a folder for each revision, and a link to one of them. */
class Repository {
  readonly #at: string;
  readonly #root: string;

  constructor(folder: string) {
    this.#at = path.join(folder, 'origin');
    this.#root = path.join(folder, 'git');
    mkdirSync(path.join(this.#at, 'zones'), { recursive: true });
    mkdirSync(this.#root);
    this.#git('init', '-q');
  }
  #git(...words: readonly string[]): string {
    const who = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org'];
    return execFileSync('git', ['-C', this.#at, ...who, ...words], { stdio: 'pipe' }).toString().trim();
  }
  /** Commits these zones with this serial, and has the link lead to the revision. */
  revision(zones: readonly string[], serial: number): void {
    for (const zone of zones) {
      const text = `@ 60 IN SOA ns host ${serial} 7200 3600 1209600 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.${serial}\n`;
      writeFileSync(path.join(this.#at, 'zones', `db.${zone}`), text);
    }
    this.#git('add', '-A');
    this.#git('commit', '-q', '-m', `Serial ${serial}`);
    const hash = this.#git('rev-parse', 'HEAD');
    this.#git('worktree', 'add', '-q', '--detach', path.join(this.#root, '.worktrees', hash), hash);
    symlinkSync(path.join('.worktrees', hash), path.join(this.#root, 'next'));
    renameSync(path.join(this.#root, 'next'), path.join(this.#root, 'current'));
  }
}

/** Serials by zones, asked of a server. */
class Asker {
  readonly #socket = createSocket('udp4');
  readonly #waiting = new Map<number, (serial: string | undefined) => void>();
  #ids = 0;

  constructor(t: TestContext) {
    this.#socket.on('message', (said) => {
      const { id, answer } = decodeMessage(said);
      this.#waiting.get(id)?.(answer[0] === undefined ? undefined : printRR(answer[0]).split(/\s/)[6]);
      this.#waiting.delete(id);
    });
    t.after(() => this.#socket.close());
  }
  serial(port: number, zone: string): Promise<string | undefined> {
    const id = ++this.#ids & 0xffff;
    const question = { name: Name.parse(`${zone}.`), type: TYPE.SOA, class: CLASS.IN };
    const packet = encodeMessage(message({ id, question }), { compress: false });
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(packet, port, '127.0.0.1');
    });
  }
}

/** A secondary that asks for zones when it hears of one of the revision; what was not new then. */
async function listener(t: TestContext, wanted: () => number, serials: () => Promise<readonly string[]>) {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve));
  t.after(() => socket.close());
  const heard = new Set<string>();
  const old: string[] = [];
  let looks = Promise.resolve();
  socket.on('message', (said, { port }) => {
    if ((said[2]! & 0x78) !== NOTIFY) return;
    const { question, answer } = decodeMessage(said);
    const serial = printRR(answer[0]!).split(/\s/)[6]!;
    heard.add(`${question!.name.text} ${serial}`);
    said[2]! |= QR;
    socket.send(said, port, '127.0.0.1');
    if (serial === String(wanted())) looks = looks.then(async () => void old.push(...await serials()));
  });
  return { port: socket.address().port, heard, old, looked: () => looks };
}

/** The server of the page, whose zones come from there and whose secondary is at this port. */
async function primaryOf(t: TestContext, folder: string, port: number, peer: number) {
  const page = readFileSync(new URL('../../src/plugins/auto/README.md', import.meta.url), 'utf8');
  const example = examples(page).find(({ text }) => text.includes('/git/current'))!;
  const text = example.text.replace('. {', `.:${port} {\nbind 127.0.0.1`).replace('/git/', `${folder}/git/`).replace('10s', '200ms')
    .replace('192.0.2.10', `127.0.0.1:${peer}`);
  const primary = await serve(text, standard);
  t.after(() => primary.close());
  return primary;
}
const skip = missing('git');

test('zones from git: a secondary follows each revision', { skip }, async (t) => {
  const folder = scratch(t);
  const repository = new Repository(folder);
  const asker = new Asker(t);
  const [port, peer] = [await freePort(), await freePort()];
  const zones = ['one.test', 'two.test'];
  repository.revision(zones, 1);
  const primary = await primaryOf(t, folder, port, peer);
  const keys = zones.map((zone) => `${zone}:${peer}`).join(' ');
  const secondary = await serve(`${keys} {\nbind 127.0.0.1\nsecondary {\ntransfer from 127.0.0.1:${port}\n}\n}\n`, standard);
  t.after(() => secondary.close());
  for (const serial of [1, 2, 3]) {
    if (serial > 1) repository.revision(zones, serial);
    const isThere = async (): Promise<boolean> =>
      (await Promise.all(zones.map((zone) => asker.serial(peer, zone)))).every((each) => each === String(serial));
    await until(`revision ${serial} at the secondary`, isThere, () => `${primary.log()}\n${secondary.log()}`);
  }
});

test('zones from git: of thousands all are new when the first secondary hears of one', { skip }, async (t) => {
  const folder = scratch(t);
  const repository = new Repository(folder);
  const asker = new Asker(t);
  const zones = Array.from({ length: 2000 }, (_, i) => `z${i}.test`);
  const port = await freePort();
  const old = async (): Promise<readonly string[]> => {
    const some = zones.filter((_, i) => i % 100 === 0 || i === zones.length - 1);
    const all = await Promise.all(some.map(async (zone) => `${zone} ${await asker.serial(port, zone)}`));
    return all.filter((line) => !line.endsWith(' 2'));
  };
  const secondary = await listener(t, () => 2, old);
  repository.revision(zones, 1);
  const primary = await primaryOf(t, folder, port, secondary.port);
  await until('a word of the first revision', () => secondary.heard.size > 0, primary.log);
  zones.push('new.test');
  repository.revision(zones, 2);
  await until('a word of the second revision', () => [...secondary.heard].some((line) => line.endsWith(' 2')), primary.log);
  await secondary.looked();
  assert.deepEqual(secondary.old, []);
});
