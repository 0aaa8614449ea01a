#!/usr/bin/env node
// What a resolver pays for what it keeps, for a name of a zone that it knows, for a delegation that is new, and for what a proof denies: in a
// world of its own (a root, a TLD and 600 zones at three NSDs), signed or not. Linux, root or user namespaces; `unshare`, `ip`, `nsd` and
// `ldns-signzone` (ldnsutils). Unbound beside it, where it is asked for.
//
//     node bench/resolver.mjs --server ts=bin/coredns-ts [--unbound] [--zones 600] [--names 20000] [--rounds 3] [--world signed,plain]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { peakMB, threadSeconds } from './lib/proc.mjs';
import { query } from './lib/wire.mjs';

const { values } = parseArgs({ options: {
  server: { type: 'string', multiple: true, default: [] }, unbound: { type: 'boolean' }, zones: { type: 'string', default: '600' },
  names: { type: 'string', default: '20000' }, rounds: { type: 'string', default: '3' }, world: { type: 'string', default: 'plain,signed' },
  within: { type: 'boolean' },
} });
const ZONES = Number(values.zones), NAMES = Number(values.names), ROUNDS = Number(values.rounds), PORT = 5300, WINDOW = 64;
const AT = { root: '10.0.0.1', tld: '10.0.0.2', leaf: '10.0.0.3' };

if (!values.within) {
  // A network of its own: servers of names answer on port 53.
  const way = process.getuid() === 0 ? ['-n'] : ['-rn'];
  const { status } = spawnSync('unshare', [...way, '--', process.execPath, ...process.argv.slice(1), '--within'], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
for (const args of [['link', 'set', 'lo', 'up'], ...Object.values(AT).map((address) => ['addr', 'add', `${address}/32`, 'dev', 'lo'])]) {
  execFileSync('ip', args);
}
const folder = mkdtempSync(path.join(tmpdir(), 'resolver-'));
const children = [];
try {
  for (const world of values.world.split(',')) await measureIn(world);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}

/** A zone's text, and where it is signed the file that is, with the DS for its parent. */
function made(name, lines, isSigned) {
  const file = path.join(folder, `zone-${name === '.' ? 'root' : name}`);
  writeFileSync(file, `$ORIGIN ${name}\n@ 3600 IN SOA ns hostmaster 1 3600 600 86400 300\n${lines.join('\n')}\n`);
  if (!isSigned) return { name, file, ds: [] };
  const origin = name === '.' ? '.' : name.slice(0, -1);
  const key = execFileSync('ldns-keygen', ['-a', 'ECDSAP256SHA256', '-k', origin], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('ldns-signzone', ['-e', '20361231000000', '-o', origin, '-f', `${file}.signed`, file, path.join(folder, key)], { stdio: 'ignore' });
  return { name, file: `${file}.signed`, ds: readFileSync(path.join(folder, `${key}.ds`), 'utf8').trim().split('\n') };
}
function nsd(at, zones) {
  const conf = path.join(folder, `nsd-${at}.conf`);
  writeFileSync(conf, `server:\n ip-address: ${at}\n zonesdir: "${folder}"\n pidfile: ""\n database: ""\n username: ""\n server-count: 1
 logfile: "${conf}.log"\n xfrdfile: ""\n zonelistfile: "${conf}.list"\n rrl-ratelimit: 0\nremote-control:\n control-enable: no
${zones.map(({ name, file }) => `zone:\n name: "${name}"\n zonefile: "${file}"\n`).join('')}`);
  return start(['nsd', '-d', '-c', conf]);
}
function start(command) {
  const child = spawn(command[0], command.slice(1), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  child.said = '';
  child.stderr.on('data', (text) => { child.said = (child.said + text).slice(-2000); });
  child.gone = new Promise((resolve) => child.on('exit', resolve));
  children.push(child);
  return child;
}
async function end(child) {
  child.kill('SIGTERM');
  await Promise.race([child.gone, sleep(3000)]);
  child.kill('SIGKILL');
}

async function measureIn(world) {
  const isSigned = world === 'signed';
  const leaves = Array.from({ length: ZONES }, (_, i) => made(`z${i}.tld.`, ['@ 3600 IN NS ns', `ns 3600 IN A ${AT.leaf}`,
    ...Array.from({ length: i === 0 ? NAMES : 1 }, (_, n) => `h${n} 300 IN A 192.0.2.${n & 255}`)], isSigned));
  const tld = made('tld.', ['@ 3600 IN NS ns', `ns 3600 IN A ${AT.tld}`,
    ...leaves.flatMap(({ name, ds }) => [`${name} 3600 IN NS ns.${name}`, `ns.${name} 3600 IN A ${AT.leaf}`, ...ds])], isSigned);
  const root = made('.', ['@ 3600 IN NS ns.', `ns. 3600 IN A ${AT.root}`, 'tld. 3600 IN NS ns.tld.', `ns.tld. 3600 IN A ${AT.tld}`, ...tld.ds], isSigned);
  const hints = path.join(folder, 'hints'), anchor = path.join(folder, 'anchor');
  writeFileSync(hints, `. 3600000 IN NS ns.\nns. 3600000 IN A ${AT.root}\n`);
  writeFileSync(anchor, `${root.ds.join('\n')}\n`);
  const servers = [nsd(AT.root, [root]), nsd(AT.tld, [tld]), nsd(AT.leaf, leaves)];
  try {
    for (const at of Object.values(AT)) await answering(at, 53, servers);
    for (const [name, command] of contenders(isSigned, hints, anchor)) await measure(world, name, command);
  } finally {
    for (const server of servers) await end(server);
  }
}
/** Each with its command: ours with and without *cache*. */
function contenders(isSigned, hints, anchor) {
  const found = values.server.flatMap((each) => {
    const at = each.indexOf('=');
    const [name, command] = [each.slice(0, at), each.slice(at + 1).split(' ')];
    const words = command.map((word) => (word.includes('/') ? path.resolve(word) : word));
    return [['', ''], [' with cache', '    cache 3600\n']].map(([more, line]) => {
      const file = path.join(folder, `Corefile${more.replaceAll(' ', '-')}`);
      const trust = isSigned ? `trust_anchor ${anchor}` : 'insecure .';
      writeFileSync(file, `.:${PORT} {\n${line}    recursive {\n        root_hints ${hints}\n        ${trust}\n    }\n}\n`);
      return [name + more, [...words, '-conf', file]];
    });
  });
  if (!values.unbound) return found;
  const conf = path.join(folder, 'unbound.conf');
  writeFileSync(conf, `server:\n interface: 127.0.0.1@${PORT}\n port: ${PORT}\n do-daemonize: no\n use-syslog: no\n chroot: ""\n username: ""\n pidfile: ""
 num-threads: 1\n do-not-query-localhost: no\n root-hints: "${hints}"\n directory: "${folder}"
 ${isSigned ? `trust-anchor-file: "${anchor}"\n aggressive-nsec: yes` : 'module-config: "iterator"'}
 outgoing-range: 4000\n num-queries-per-thread: 2000\n msg-cache-size: 100m\n rrset-cache-size: 200m\nremote-control:\n control-enable: no\n`);
  return [...found, ['unbound', ['unbound', '-d', '-c', conf]]];
}

async function measure(world, name, command) {
  const rows = new Map();
  let peak = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const child = start(command);
    try {
      await answering('127.0.0.1', PORT, [child]);
      // Some of each, so that what is measured is what runs for long.
      await ask(child.pid, Array.from({ length: ZONES / 3 }, (_, i) => `h0.z${ZONES - 1 - i}.tld A`));
      await ask(child.pid, Array.from({ length: NAMES / 4 }, (_, i) => `h${NAMES - 1 - i}.z0.tld A`));
      const kept = Array.from({ length: 30_000 }, (_, i) => `h${(i * 7) % 200}.z0.tld A`);
      const row = async (what, questions) => {
        const { us, wrong } = await ask(child.pid, questions);
        rows.set(what, [...(rows.get(what) ?? []), us]);
        if (wrong > 0) console.log(`${world} ${name}: ${wrong} of ${questions.length} wrong in ${what}`);
      };
      await row('a delegation that is new', Array.from({ length: Math.floor(ZONES * 0.6) }, (_, i) => `h0.z${i + 1}.tld A`));
      await row('a name of a zone that is known', Array.from({ length: NAMES / 2 }, (_, i) => `h${i}.z0.tld A`));
      await ask(child.pid, kept);
      await row('what is kept', kept);
      await row('a name that a proof denies', Array.from({ length: 5000 }, (_, i) => `no${i}.z1.tld A`));
      peak = Math.max(peak, peakMB(child.pid));
    } finally {
      await end(child);
    }
  }
  const text = [...rows].map(([what, all]) => `${what} ${all.toSorted((one, other) => one - other)[all.length >> 1].toFixed(1)}`);
  console.log(`${world.padEnd(6)} ${name.padEnd(18)} us an answer: ${text.join('; ')}; peak ${peak.toFixed(0)} MB`);
}

/** Asks all of them, so many at a time; microseconds of processor for each, and how many answers were no NOERROR or NXDOMAIN. */
async function ask(pid, questions) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  await new Promise((resolve) => socket.connect(PORT, '127.0.0.1', resolve));
  const waiting = new Map();
  const began = threadSeconds(pid);
  let next = 0, wrong = 0;
  await new Promise((resolve, reject) => {
    const more = () => {
      while (waiting.size < WINDOW && next < questions.length) {
        const message = query(questions[next]);
        const id = next++ & 0xffff;
        message.writeUInt16BE(id, 0);
        waiting.set(id, { message, sent: performance.now() });
        socket.send(message);
      }
      if (waiting.size === 0) resolve();
    };
    const timer = setInterval(() => {
      for (const one of waiting.values()) {
        if (performance.now() - one.sent > 20_000) reject(new Error('no answer in 20 s'));
        else if (performance.now() - one.sent > 2000) socket.send(one.message);
      }
    }, 500);
    socket.on('message', (reply) => {
      if (!waiting.delete(reply.readUInt16BE(0))) return;
      if ((reply[3] & 15) !== 0 && (reply[3] & 15) !== 3) wrong++;
      more();
      if (waiting.size === 0) clearInterval(timer);
    });
    more();
  });
  const us = ((threadSeconds(pid) - began) * 1e6) / questions.length;
  socket.close();
  return { us, wrong };
}
/** Until something answers at an address. */
async function answering(address, port, children) {
  const socket = createSocket('udp4');
  const message = query(port === 53 ? '. SOA' : 'h0.z0.tld A');
  let is = false;
  socket.on('message', (reply) => { is = port === 53 || (reply[3] & 15) === 0; });
  for (let i = 0; i < 400 && !is; i++) {
    const ended = children.find(({ exitCode }) => exitCode !== null);
    if (ended !== undefined) throw new Error(`ended: ${ended.said}`);
    socket.send(message, port, address);
    await sleep(50);
  }
  socket.close();
  if (!is) throw new Error(`nobody answers at ${address}:${port}: ${children.map(({ said }) => said).join('')}`);
}
