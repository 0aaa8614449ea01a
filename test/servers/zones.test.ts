// What NSD, Knot and BIND agree on, the file plugin says too: odd zones, unsigned, and signed with NSEC, NSEC3 and opt-out. Knows what of
// their answers is a matter of taste.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { edns } from '../../src/dns/opt.ts';
import { message } from '../../src/dns/parts.ts';
import { printRR } from '../../src/dns/rr.ts';
import type { RR } from '../../src/dns/rr.ts';
import { TYPE } from '../../src/dns/type-name.ts';
import type { Plugin } from '../../src/kernel/site/plugin.ts';
import file from '../../src/plugins/file/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { FILE_SERVERS } from './file-servers.ts';
import { oddZone } from './odd-zones.ts';
import type { OddZone } from './odd-zones.ts';
import { missing } from './programs.ts';

const ZONES = 4;
const TYPES = [TYPE.A, TYPE.NS, TYPE.CNAME, TYPE.SOA, TYPE.MX, TYPE.DS, TYPE.DNAME];
/** How a zone is signed: `undefined` is not at all. */
const WAYS: Readonly<Record<string, readonly string[] | undefined>> = {
  'without signatures': undefined, 'with NSEC': [], 'with NSEC3': ['-3', '-', '-H', '2'],
  'with NSEC3 and opt-out': ['-3', 'AB', '-H', '2', '-A'],
};

/** The file of a zone, signed where that is wanted; its path. */
function writeZone(folder: string, { zone, lines }: OddZone, way: readonly string[] | undefined): string {
  const path = join(folder, `${zone}db`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  if (way === undefined) return path;
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd: folder, stdio: 'pipe' }).toString().trim();
  const key = run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', zone);
  writeFileSync(path, `${lines.join('\n')}\n${readFileSync(join(folder, `${key}.key`), 'utf8').replace(' IN ', ' 300 IN ')}`);
  run('dnssec-signzone', '-z', '-x', '-P', '-o', zone, '-f', `${path}.signed`, '-e', '20350101000000', ...way, path, key);
  copyFileSync(`${path}.signed`, path);
  return path;
}

/** What a server said, or undefined for nothing within a time that is short only while a program may not have started. */
interface Said { readonly rcode: string; readonly answer: string; readonly authority: string }
const textOf = (records: readonly RR[]): string => [...new Set(records.map((record) => printRR(record).toLowerCase()))].sort().join('\n');
class Asker {
  readonly #socket = createSocket('udp4');
  readonly #waiting = new Map<number, (said: Buffer) => void>();
  #ids = 0;

  constructor(t: TestContext) {
    this.#socket.on('message', (said) => this.#waiting.get(said.readUInt16BE(0))?.(said));
    t.after(() => this.#socket.close());
  }
  ask(port: number, name: string, type: number, dnssec: boolean, patience = 30_000): Promise<Said | undefined> {
    const id = (this.#ids = (this.#ids + 1) & 0xffff);
    const parts = message({ id, question: { name: Name.parse(name), type, class: 1 }, edns: edns(4096, dnssec) });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), patience);
      this.#waiting.set(id, (bytes) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        const { rcode, flags, answer, authority } = decodeMessage(bytes, 0, bytes.length);
        resolve({ rcode: `${rcode} ${flags & 0x600}`, answer: textOf(answer), authority: textOf(authority) });
      });
      this.#socket.send(encodeMessage(parts, { compress: false }), port, '127.0.0.1');
    });
  }
}

/** Starts one of the others, again on another port where the first is taken; says on which it answers. */
async function start(t: TestContext, program: string, folder: string, zones: readonly string[], asker: Asker): Promise<number> {
  for (let tries = 0; tries < 3; tries++) {
    const port = await freePort();
    const child = spawn(program, FILE_SERVERS[program]!(folder, port, zones.map((zone) => [zone, `${zone}db`])), { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
    t.after(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    for (let i = 0; i < 60 && child.exitCode === null && child.signalCode === null && !t.signal.aborted; i++) {
      const said = await Promise.all(zones.map((zone) => asker.ask(port, zone, TYPE.SOA, false, 1000)));
      if (said.every((one) => one?.answer.includes('soa') === true)) return port;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill('SIGKILL');
  }
  throw new Error(`${program} did not start`);
}

/** Beside an answer the zone's servers are a matter of taste: the recordings have them always. */
const tasteless = (said: Said | undefined): Said | undefined => (said === undefined || said.answer === '' ? said
  : { ...said, authority: said.authority.split('\n').filter((line) => !SERVERS_OF_ZONE.test(line)).join('\n') });
const SERVERS_OF_ZONE = /^z\d+\.test\.\t\d+\tin\t(ns|rrsig\tns)\b/;

for (const [how, way] of Object.entries(WAYS)) {
  test(`zones ${how}: where NSD, Knot and BIND agree, so does file`,
    { skip: missing('nsd', 'knotd', 'named', ...(way === undefined ? [] : ['dnssec-keygen', 'dnssec-signzone'])) }, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'zones-'));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const odd = Array.from({ length: ZONES }, (_, i) => oddZone(i + 1));
      const paths = odd.map((zone) => writeZone(folder, zone, way));
      const zones = odd.map(({ zone }) => zone);
      const asker = new Asker(t);
      const others = await Promise.all(Object.keys(FILE_SERVERS).map((program) => start(t, program, folder, zones, asker)));
      const corefile = odd.map(({ zone }, i) => `${zone} {\n    file ${paths[i]!}\n}\n`).join('');
      const ours = await serve(corefile, [file as unknown as Plugin]);
      t.after(() => ours.close());
      const wrong: unknown[] = [];
      let agreed = 0;
      for (const name of odd.flatMap(({ names }) => names)) {
        for (const type of TYPES) {
          const [first, ...rest] = await Promise.all(others.map((port) => asker.ask(port, name, type, way !== undefined)));
          if (first === undefined || rest.some((said) => JSON.stringify(said) !== JSON.stringify(first))) continue;
          const said = await asker.ask(ours.port, name, type, way !== undefined);
          agreed++;
          if (JSON.stringify(tasteless(said)) !== JSON.stringify(tasteless(first))) wrong.push({ name, type, expected: first, said });
        }
      }
      assert.deepEqual(wrong, []);
      assert.ok(agreed > 300, String(agreed));
    });
}
