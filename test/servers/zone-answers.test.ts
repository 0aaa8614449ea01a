// What a look-up makes of an odd zone, unsigned, with NSEC, NSEC3 and opt-out, and what BIND, Knot and NSD make of it: where the three say
// the same, we do.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Lookup } from '../../src/authority/lookup.ts';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { message } from '../../src/dns/parts.ts';
import { u16 } from '../../src/dns/packet.ts';
import { printRR } from '../../src/dns/rr.ts';
import type { RR } from '../../src/dns/rr.ts';
import { CLASS, TYPE, typeByName } from '../../src/dns/type-name.ts';
import { AA } from '../../src/kernel/query/message.ts';
import { failure } from '../../src/kernel/query/outcome.ts';
import { Query } from '../../src/kernel/query/query.ts';
import { receive } from '../../src/kernel/query/receive.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { MadeZone } from '../../src/testing/made-zone.ts';
import { StoredZone } from '../../src/testing/stored-zone.ts';
import { FILE_SERVERS } from './file-servers.ts';
import { missing } from './programs.ts';

/** `x.` stands for names that are not there. */
const ZONE = readFileSync(new URL('odd.zone', import.meta.url), 'utf8');
const TYPES = ['A', 'TXT', 'CNAME', 'DS', 'NSEC'];
const NAMES = ['', 'x', 'x.y', 'ns', 'mail', 'ent', 'b.ent', 'x.b.ent', 'x.ent', 'one', 'nodata', 'lost', 'toent', 'towild', 'ping', 'apex',
  'into', 'intosec', 'toold', 'x.wild', 'x.y.wild', '*.wild', 'wild', 'sub.wild', 'x.sub.wild', 'x.alias', 'x.lostalias', 'x.chain',
  'x.below', 'x.entwild.z', 'entwild.z', 'a.*.starent', 'x.starent', 'a.x.starent', 'cut', 'x.cut', 'ns.cut', 'sec', 'x.sec', 'other',
  'only.insecure', 'insecure', 'd.only.insecure', 'x.insecure', 'old', 'x.old', 'y.old', 'x.wildold'];
const QUESTIONS = [
  ...NAMES.flatMap((name) => TYPES.map((type) => [name, type] as const)), ['', 'SOA'], ['', 'NS'], ['', 'MX'], ['', 'DNSKEY'],
  ['srv', 'SRV'], ['x.wild', 'MX'], ['apex', 'MX'], ['old', 'DNAME'], ['cut', 'NS'],
] as const;

const packetOf = ([name, type]: readonly [string, string]): Uint8Array => {
  const question = { name: Name.parse(name === '' ? 'z.test.' : `${name}.z.test.`), type: typeByName(type)!, class: CLASS.IN };
  const edns = { udpSize: 4096, version: 0, dnssecOk: true, z: 0, extendedRcode: 0, options: [] };
  return encodeMessage(message({ id: 7, question, edns }), { compress: false });
};
/** What of a reply has to be the same. Who serves the zone may stand beside an answer or not. */
function told(bytes: Uint8Array): string {
  const { rcode, flags, answer, authority, additional } = decodeMessage(bytes);
  const isBeside = ({ type, rdata }: RR) =>
    answer.length > 0 && (type === TYPE.NS || (type === TYPE.RRSIG && u16(rdata, 0) === TYPE.NS));
  const lines = (section: string, records: readonly RR[]) =>
    [...new Set(records.map((record) => `${section} ${printRR(record).replaceAll(/\s+/g, ' ').toLowerCase()}`))].sort();
  // A zone that is not signed may tell of a DS all the same.
  const isSigned = [...answer, ...authority].some(({ type }) => type === TYPE.RRSIG);
  const proofs = authority.filter((record) => !isBeside(record) && (isSigned || record.type !== TYPE.DS));
  const glue = (flags & AA) === 0 ? additional.filter(({ type }) => type !== TYPE.OPT) : [];
  return [
    `${rcode}${(flags & AA) === 0 ? '' : ' aa'}`, ...lines('answer', answer), ...lines('authority', proofs), ...lines('glue', glue),
  ].join('\n');
}
function ours(lookup: Lookup, packet: Uint8Array): string {
  const query = Query.alone(packet.length);
  query.bytes.set(packet, query.at);
  query.arrive(packet.length, { stream: true } as never);
  receive(query);
  const reply = lookup.handle(query, () => failure(5));
  assert.ok(!(reply instanceof Promise) && reply.kind === 'reply');
  return told(reply.bytes.slice(reply.at, reply.at + reply.length));
}
const ask = (port: number, packet: Uint8Array) => new Promise<Uint8Array | undefined>((resolve) => {
  let got = Buffer.alloc(0);
  const whole = Buffer.concat([Uint8Array.of(packet.length >> 8, packet.length), packet]);
  const socket = net.connect(port, '127.0.0.1', () => socket.write(whole));
  socket.on('data', (data) => {
    got = Buffer.concat([got, data]);
    if (got.length >= 2 && got.length >= 2 + got.readUInt16BE()) socket.end(() => resolve(got.subarray(2)));
  });
  socket.on('error', () => resolve(undefined));
  socket.on('close', () => resolve(undefined));
});

/** Starts a program that serves the zone of its folder, and waits until it does. */
async function started(program: string, zone: string, ended: (call: () => void) => void): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-zone-'));
    const port = await freePort();
    const args = FILE_SERVERS[program]!(folder, port, [['z.test', 'zone']]);
    writeFileSync(path.join(folder, 'zone'), zone);
    const child: ChildProcess = spawn(program, args, { cwd: folder, stdio: 'ignore' });
    ended(() => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });
    for (let i = 0; i < 200; i++) {
      const reply = await ask(port, packetOf(['', 'SOA']));
      if (reply !== undefined && (reply[3]! & 15) === 0) return port;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(attempt < 2, `${program} does not serve the zone`);
  }
}

const TOOLS = ['nsd', 'knotd', 'named', 'dnssec-keygen', 'dnssec-signzone', 'named-compilezone'];
/** The zone with what a signer adds, one record a line. */
function signed(folder: string, options: readonly string[] | undefined): string {
  writeFileSync(path.join(folder, 'plain'), ZONE);
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: folder, stdio: 'ignore' });
  if (options !== undefined) {
    run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', 'z.test');
    run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', 'z.test');
    run('dnssec-signzone', '-P', '-S', '-q', ...options, '-o', 'z.test', '-f', 'signed', '-K', '.', 'plain');
  }
  run('named-compilezone', '-k', 'ignore', '-i', 'none', '-o', 'flat', 'z.test', options === undefined ? 'plain' : 'signed');
  return readFileSync(path.join(folder, 'flat'), 'utf8').split('\n').filter((line) => !line.startsWith(';')).join('\n');
}
const KINDS: readonly (readonly [kind: string, options: readonly string[] | undefined])[] = [
  ['unsigned', undefined], ['with NSEC', []], ['with NSEC3', ['-3', '-', '-H', '0']], ['with opt-out', ['-3', '-', '-H', '0', '-A']],
];
for (const [kind, options] of KINDS) {
  test(`an odd zone ${kind} is answered as BIND, Knot and NSD do`, { skip: missing(...TOOLS) }, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-zone-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const zone = signed(folder, options);
    const ports = await Promise.all(Object.keys(FILE_SERVERS).map((program) => started(program, zone, (end) => t.after(end))));
    const stored = new StoredZone('z.test.');
    stored.load(zone);
    const lookups = [new MadeZone('z.test.', zone), stored.source()].map((source) => new Lookup(source));
    let agreed = 0;
    for (const question of QUESTIONS) {
      const packet = packetOf(question);
      const theirs = await Promise.all(ports.map(async (port) => told((await ask(port, packet))!)));
      if (new Set(theirs).size > 1) continue;
      agreed++;
      for (const lookup of lookups) assert.equal(ours(lookup, packet), theirs[0], question.join(' '));
    }
    assert.ok(agreed > QUESTIONS.length / 2, `they agree on ${agreed} of ${QUESTIONS.length}`);
  });
}
