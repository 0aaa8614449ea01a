// Random worlds, signed and broken here and there, of which Unbound and the resolver here are asked the same: they have to agree on code,
// validation and records. Knows worlds and two processes; knows no rule of DNS.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Frames } from '../../src/dns/frames.ts';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { edns } from '../../src/dns/opt.ts';
import { AD, RD, TC, message } from '../../src/dns/parts.ts';
import type { Question } from '../../src/dns/parts.ts';
import { rcodeName } from '../../src/dns/rcode.ts';
import { printRR, printRdata } from '../../src/dns/rr.ts';
import { CLASS, TYPE, typeByName } from '../../src/dns/type-name.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { MadeInternet, MadeZone } from '../../src/testing/made-internet.ts';
import type { MadeServer } from '../../src/testing/made-internet.ts';
import { Spawned, answers } from '../../src/testing/spawned.ts';
import { overUdp } from '../../src/testing/udp-question.ts';

/** Questions of one world, and octets that a reply over UDP has room for. */
const QUESTIONS = 60, ROOM = 1232;
/** How often a question is asked where the two differ, and milliseconds between: longer than a failure is kept. */
const AGAIN = 3, KEPT = 11_000;
const TYPES = ['A', 'A', 'AAAA', 'TXT', 'MX', 'CNAME', 'NS', 'DS', 'SOA', 'DNSKEY'];
const LABELS = ['', '', 'www', 'txt', 'ent', 'x.ent', 'y.wild', 'a.b.wild', 'alias', 'alias2', 'nope', 'a.nope', 'ns', '*.wild', 'wild'];
const AT = '127.0.0.1';

/** Numbers from a seed. */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 12345) >>> 0;
  }
  /** From 0 up to, and without, `sides`. */
  roll(sides: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    return ((this.#state ^ (this.#state >>> 12)) >>> 0) % sides;
  }
  one<T>(of: readonly T[]): T {
    return of[this.roll(of.length)]!;
  }
}
interface MadeWorld {
  readonly zones: readonly string[];
  readonly anchor: string;
  readonly internet: MadeInternet;
}
/** A root, zones below it and below those, and what is wrong with them. */
function worldOf(dice: Dice, now: number): MadeWorld {
  const names = ['one.', 'two.'];
  while (names.length < 9) names.push(`c${names.length}.${dice.one(names)}`);
  const parentOf = (name: string): string => [...names, '.'].filter((each) => each !== name && Name.parse(name).isUnder(Name.parse(each)))
    .sort((a, b) => b.length - a.length)[0]!;
  const zones = new Map<string, MadeZone>();
  const servers: MadeServer[] = [];
  for (const name of ['.', ...names].sort((a, b) => Name.parse(b).labels - Name.parse(a).labels)) {
    const signed = name === '.' || dice.roll(4) > 0;
    const children = names.filter((each) => parentOf(each) === name);
    const cuts = children.flatMap((child) => {
      const { key, ds } = dsOf(zones.get(child)!);
      const isTold = signed && key && dice.roll(5) > 0;
      return [`${child} 300 NS ns.${child}`, `ns.${child} 300 A ${AT}`,
        ...(isTold ? [dice.roll(6) === 0 ? `${child} 300 DS 1 13 2 ${'00'.repeat(32)}` : ds] : [])];
    });
    const own = name === '.' ? '.' : `.${name}`;
    const zone = new MadeZone(name, [`${name} 300 NS ns${own}`, `ns${own} 300 A ${AT}`, `www${own} 300 A 192.0.2.${dice.roll(250)}`,
      `www${own} 300 MX 10 www${own}`, `txt${own} 300 TXT "x"`, `x.ent${own} 300 AAAA 2001:db8::1`, `*.wild${own} 300 A 192.0.2.7`,
      `alias${own} 300 CNAME ${dice.one(['www', 'nope', 'alias2', 'y.wild', 'ent'])}.${dice.one(names)}`,
      `alias2${own} 300 CNAME www.${dice.one(names)}`, ...cuts], signed, now);
    zones.set(name, zone);
    if (signed && name !== '.' && dice.roll(3) === 0) servers.push(broken(zone, dice));
  }
  const internet = new MadeInternet().at(AT, ...servers, ...zones.values());
  const anchor = `. DNSKEY ${printRdata(TYPE.DNSKEY, zones.get('.')!.key!.data)}`;
  return { zones: ['.', ...names], anchor, internet };
}
const dsOf = (zone: MadeZone): { readonly key: boolean; readonly ds: string } =>
  (zone.key === undefined ? { key: false, ds: '' } : { key: true, ds: zone.ds });
/** A server of the zone that leaves out signatures, or proofs, or says another address. */
function broken(zone: MadeZone, dice: Dice): MadeServer {
  const fault = dice.one(['signatures', 'proofs', 'address'] as const);
  const type = dice.one([TYPE.A, TYPE.MX, TYPE.TXT]);
  return (question) => {
    const isOurs = question.name.isUnder(zone.apex) && !question.name.equals(zone.apex) && question.type === type;
    const said = isOurs ? zone.answer(question) : undefined;
    if (said === undefined || (said.flags ?? 0) === 0) return undefined;
    const { answer = [], authority = [] } = said;
    if (fault === 'signatures') return { ...said, answer: answer.filter((rr) => rr.type !== TYPE.RRSIG) };
    if (fault === 'proofs') return { ...said, authority: authority.filter((rr) => rr.type === TYPE.SOA) };
    return { ...said, answer: answer.map((rr) => (rr.type === TYPE.A ? { ...rr, rdata: Uint8Array.of(6, 6, 6, 6) } : rr)) };
  };
}

/** Serves a world over UDP and TCP; the one function ends it. */
async function served(internet: MadeInternet, port: number): Promise<() => void> {
  const reply = (query: Uint8Array, tcp: boolean): Promise<Uint8Array | undefined> =>
    internet.exchange({ address: AT, port }, query, tcp, 0, () => true);
  const udp = dgram.createSocket('udp4');
  udp.on('message', (query, from) => void reply(query, false).then((bytes) => {
    if (bytes === undefined) return;
    if (bytes.length > ROOM) {
      const { id, question, flags } = decodeMessage(bytes);
      bytes = encodeMessage(message({ id, question, flags: flags | TC, edns: edns(ROOM, true) }), { compress: true });
    }
    udp.send(bytes, from.port, from.address);
  }));
  const tcp = net.createServer((socket) => {
    const frames = new Frames();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      while (frames.next()) {
        void reply(frames.bytes.slice(frames.at, frames.at + frames.length), true).then((bytes) => {
          if (bytes !== undefined) socket.write(Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]));
        });
      }
    });
  });
  udp.bind(port, AT);
  tcp.listen(port, AT);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  return () => {
    udp.close();
    tcp.close();
  };
}

/** `NOERROR ad www.one. A 192.0.2.1`: what counts of a reply. */
async function ask(port: number, { name, type }: Question): Promise<string> {
  const query = encodeMessage(message({ id: 1, question: { name, type, class: CLASS.IN }, flags: RD | AD, edns: edns(4096, true) }),
    { compress: false });
  const parts = decodeMessage(await overUdp(port, query));
  const records = parts.answer.filter((rr) => rr.type !== TYPE.RRSIG || type === TYPE.RRSIG)
    .map((rr) => printRR({ ...rr, ttl: 0, name: rr.name.folded }).replaceAll('\t', ' ')).sort();
  return [rcodeName(parts.rcode), ...((parts.flags & AD) === 0 ? [] : ['ad']), ...records].join(' ');
}
function questionOf(dice: Dice, zones: readonly string[]): Question {
  const zone = dice.one(zones);
  const label = dice.one(LABELS);
  const text = label === '' ? zone : zone === '.' ? `${label}.` : `${label}.${zone}`;
  return { name: Name.parse(text), type: typeByName(dice.one(TYPES))!, class: CLASS.IN };
}

/** Asks so many questions of worlds from a seed on: how many worlds there were, and how often the two differ, which is printed. */
export async function soak(amount: number, seed: number = Date.now() % 1e6): Promise<Record<string, number>> {
  let different = 0;
  let asked = 0;
  let worlds = 0;
  for (; asked < amount; worlds++) {
    const dice = new Dice(seed + worlds);
    const { zones, anchor, internet } = worldOf(dice, Math.floor(Date.now() / 1000));
    const folder = mkdtempSync(path.join(tmpdir(), 'differential-'));
    const [world, theirs, ours] = [await freePort(), await freePort(), await freePort()];
    const end = await served(internet, world);
    const file = path.join(folder, 'unbound.conf');
    writeFileSync(file, `server:\n  interface: ${AT}\n  port: ${theirs}\n  directory: "${folder}"\n  username: ""\n  chroot: ""\n`
      + '  pidfile: ""\n  use-syslog: no\n  do-daemonize: no\n  do-not-query-localhost: no\n  module-config: "validator iterator"\n'
      + `  qname-minimisation: no\n  trust-anchor-signaling: no\n  trust-anchor: "${anchor}"\n`
      + zones.map((zone) => `stub-zone:\n  name: "${zone}"\n  stub-addr: ${AT}@${world}\n`).join(''));
    const unbound = spawn('unbound', ['-d', '-c', file], { stdio: 'ignore' });
    const server = new Spawned(`.:${ours} {\nbind ${AT}\nunbound {\nconfig ${file}\n}\n}\n`);
    try {
      await server.says(/CoreDNS-/);
      if (!await answers(theirs)) throw new Error('unbound does not answer');
      for (let i = 0; i < QUESTIONS && asked < amount; i++, asked++) {
        const question = questionOf(dice, zones);
        let [one, other] = ['', 'not asked'];
        // On a busy machine either may have waited too long for a server, and keeps that for a while.
        for (let again = 0; one !== other && again < AGAIN; again++) {
          if (again > 0) await setTimeout(KEPT);
          [one, other] = [await ask(theirs, question), await ask(ours, question)];
        }
        if (one === other) continue;
        different++;
        const what = `${question.name.text} ${TYPES.find((type) => typeByName(type) === question.type)}`;
        console.log(`seed ${seed + worlds}: ${what}\n  Unbound ${one}\n  ours    ${other}`);
      }
    } finally {
      unbound.kill('SIGKILL');
      await server.kill();
      end();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { questions: asked, worlds, different };
}
