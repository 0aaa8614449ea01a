#!/usr/bin/env node
// What a zone that changes costs: its transfer to a secondary, differences of 1,000 names in, and out after a reload of all of it. Two servers
// of one kind, one the primary of the other. Linux, loopback only.
//
//     node bench/changes.mjs --server ts=bin/coredns-ts [--names 476000] [--changed 1000] [--rounds 5]
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from './lib/ports.mjs';
import { cpuSeconds, rssMB } from './lib/proc.mjs';
import { query } from './lib/wire.mjs';
import { zone } from './lib/zone.mjs';

const { values } = parseArgs({ options: {
  server: { type: 'string', multiple: true }, names: { type: 'string', default: '476000' }, changed: { type: 'string', default: '1000' },
  rounds: { type: 'string', default: '5' },
} });
const NAMES = Number(values.names), CHANGED = Number(values.changed), ROUNDS = Number(values.rounds);
const ORIGIN = 'bench.test.';

const folder = mkdtempSync(path.join(tmpdir(), 'changes-'));
try {
  for (const each of values.server ?? []) {
    const at = each.indexOf('=');
    await measure(each.slice(0, at), each.slice(at + 1));
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(name, command) {
  const text = zone(NAMES);
  const file = path.join(folder, 'zone');
  const write = (serial) => {
    const lines = text.replace(' 2026010100 ', ` ${serial} `).split('\n');
    const from = 10 + (serial * 7919) % Math.max(1, NAMES - CHANGED);
    for (let i = 0; i < CHANGED; i++) lines.push(`host${from + i} 300 IN TXT "${serial}"`);
    writeFileSync(`${file}.new`, lines.join('\n'));
    renameSync(`${file}.new`, file);
  };
  const [one, other] = [await freePort(), await freePort()];
  write(1);
  const primary = start(command, 'primary', `${ORIGIN}:${one} {
    file ${file} {
        reload 1s
    }
    transfer {
        to 127.0.0.1:${other}
        to *
    }
}`);
  const running = [primary];
  try {
    await until(async () => (await serial(one)) === 1);
    const began = performance.now();
    const secondary = start(command, 'secondary', `${ORIGIN}:${other} {
    secondary {
        transfer from 127.0.0.1:${one}
    }
}`);
    running.push(secondary);
    await until(async () => (await serial(other)) === 1);
    const wall = performance.now() - began;
    console.log(`${name}: in, the whole: ${(cpuSeconds(secondary.pid) * 1000).toFixed(0)} ms of processor with the start, ${wall.toFixed(0)} ms, `
      + `${rssMB(secondary.pid).toFixed(0)} MB`);
    await sleep(2000);
    for (let round = 2; round < 2 + ROUNDS; round++) {
      const before = { primary: cpuSeconds(primary.pid), secondary: cpuSeconds(secondary.pid) };
      write(round);
      await until(async () => (await serial(other)) === round);
      await sleep(500);
      const cost = (which, { pid }) => ((cpuSeconds(pid) - before[which]) * 1000).toFixed(0);
      const taken = performance.now();
      const bytes = await ixfr(one, round - 1);
      console.log(`${name}: ${CHANGED} names: the primary's reload and its differences ${cost('primary', primary)} ms of processor, the secondary's `
        + `${cost('secondary', secondary)} ms; out once more ${(performance.now() - taken).toFixed(1)} ms, ${bytes} bytes`);
    }
  } finally {
    for (const each of running) each.kill('SIGKILL');
  }
}
function start(command, name, corefile) {
  const file = path.join(folder, name);
  writeFileSync(file, corefile);
  const [program, ...words] = command.split(' ');
  return spawn(path.resolve(program), [...words, '-conf', file], { stdio: 'ignore' });
}
async function until(is) {
  for (let tries = 0; !(await is()); tries++) {
    if (tries > 3000) throw new Error('it does not come');
    await sleep(20);
  }
}
/** The serial that a server has; 0 where there is no answer. */
function serial(port) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (value) => {
      clearTimeout(timer);
      socket.close();
      resolve(value);
    };
    const timer = setTimeout(() => end(0), 500);
    socket.on('error', () => {}).on('message', (bytes) => {
      // The answer is the SOA alone, or stands before the NS: its name servers end at the first zone after it.
      const answers = bytes.readUInt16BE(6);
      if (answers === 0 || (bytes[3] & 15) !== 0) return end(0);
      const data = bytes.indexOf(Buffer.from([0, 6, 0, 1]), 12 + ORIGIN.length + 5) + 10;
      end(bytes.readUInt32BE(data + bytes.readUInt16BE(data - 2) - 20));
    });
    socket.send(query(`${ORIGIN} SOA`), port, '127.0.0.1');
  });
}
/** Differences since a serial; resolves with their bytes, when the connection was quiet for a moment after some came. */
function ixfr(port, since) {
  const message = query(`${ORIGIN} SOA`);
  message.writeUInt16BE(251, message.length - 4);
  const soa = Buffer.alloc(12 + 22);
  soa.writeUInt16BE(0xc00c, 0);
  soa.writeUInt16BE(6, 2);
  soa.writeUInt16BE(1, 4);
  soa.writeUInt16BE(22, 10);
  soa.writeUInt32BE(since, 14);
  message.writeUInt16BE(1, 8);
  const whole = Buffer.concat([Buffer.alloc(2), message, soa]);
  whole.writeUInt16BE(whole.length - 2);
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let rest = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () => socket.write(whole));
    socket.on('error', reject).on('data', (piece) => {
      rest = Buffer.concat([rest, piece]);
      bytes += piece.length;
      const last = rest.subarray(12).lastIndexOf(Buffer.from('\nhostmaster', 'latin1'));
      if (last >= 0 && rest.length - 12 - last < 80 && rest.length > 400) {
        socket.destroy();
        resolve(bytes);
      }
    });
  });
}
