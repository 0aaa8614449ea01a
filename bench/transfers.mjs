#!/usr/bin/env node
// What transfers of a cluster's zone cost, or, with --names, of a zone file's, and what they cost others: processor time of one, questions that are answered beside 20, memory
// with 20 readers that take nothing. Linux, loopback only; servers in turns.
//
//     node bench/transfers.mjs --server ts=bin/coredns-ts --server go=/path/to/coredns [--services 5334 | --names 476000] [--seconds 4]
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { freePort } from './lib/ports.mjs';
import { cpuSeconds, rssMB } from './lib/proc.mjs';
import { query } from './lib/wire.mjs';
import { zone } from './lib/zone.mjs';

const CLUSTER = 'cluster.local.', FILE = 'bench.test.';
/** Questions a second, and transfers at once. */
const RATE = 2000, MANY = 20;

/** An AXFR of the zone behind its length. */
function axfr(zone) {
  const message = query(`${zone} SOA`);
  message.writeUInt16BE(252, message.length - 4);
  const framed = Buffer.alloc(message.length + 2);
  framed.writeUInt16BE(message.length);
  message.copy(framed, 2);
  return framed;
}
/** Resolves with the number of records when the second SOA is there: it ends the message that it is in. */
function transfer(port, zone) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(axfr(zone)));
    let rest = Buffer.alloc(0), records = 0, last = Infinity;
    socket.on('error', reject).on('data', (piece) => {
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const message = rest.subarray(2, 2 + rest.readUInt16BE(0));
        rest = rest.subarray(2 + message.length);
        records += message.readUInt16BE(6);
        last = message.subarray(12).lastIndexOf(Buffer.from('\nhostmaster', 'latin1'));
        // The first message has the SOA near its beginning; only the last one has it at its end.
        if (last >= 0 && message.length - 12 - last < 80) {
          socket.destroy();
          resolve(records);
          return;
        }
      }
    }).on('close', () => reject(new Error(`closed after ${records} records`)));
  });
}

if (!isMainThread) {
  let going = true, done = 0;
  parentPort.once('message', () => (going = false));
  const loop = async () => {
    while (going) {
      await transfer(workerData.port, workerData.zone);
      done++;
    }
  };
  await Promise.all(Array.from({ length: MANY }, () => loop().catch(() => {})));
  parentPort.postMessage(done);
} else await main();

async function main() {
  const { values } = parseArgs({ options: {
    server: { type: 'string', multiple: true }, services: { type: 'string', default: '5334' }, seconds: { type: 'string', default: '4' },
    names: { type: 'string', default: '0' },
  } });
  const services = Number(values.services);
  const names = Number(values.names);
  const folder = mkdtempSync(path.join(tmpdir(), 'transfers-'));
  const api = await freePort();
  const file = path.join(folder, 'zone');
  if (names > 0) writeFileSync(file, zone(names));
  const zones = names > 0 ? { zone: FILE, first: 'host1.bench.test. A', block: `file ${file} ${FILE}` }
    : { zone: CLUSTER, first: 'svc-1.ns1.svc.cluster.local. A', block: `kubernetes cluster.local {\n        endpoint http://127.0.0.1:${api}\n    }` };
  const kube = spawn(process.execPath, [new URL('lib/kube.mjs', import.meta.url).pathname, String(api), String(services), String(services)],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => kube.stdout.once('data', resolve));
  try {
    for (const each of values.server ?? []) {
      const at = each.indexOf('=');
      console.log(await measure(each.slice(0, at), each.slice(at + 1), folder, zones, Number(values.seconds)));
    }
  } finally {
    kube.kill();
    rmSync(folder, { recursive: true });
  }
}
async function measure(name, command, folder, { zone: origin, first, block }, seconds) {
  const port = await freePort();
  const file = path.join(folder, 'Corefile');
  writeFileSync(file, `.:${port} {\n    ${block}\n    transfer {\n        to *\n    }\n}\n`);
  const [program, ...words] = command.split(' ');
  const server = spawn(path.resolve(program), [...words, '-conf', file], { stdio: 'ignore' });
  try {
    for (let tries = 0; (await paced(port, first, 0.05)).unanswered > 0; tries++) if (tries > 200) throw new Error(`${name} does not start`);
    await sleep(1000);
    let records = 0;
    for (let i = 0; i < 15; i++) records = await transfer(port, origin);
    const before = cpuSeconds(server.pid);
    for (let i = 0; i < 20; i++) await transfer(port, origin);
    const cpu = (cpuSeconds(server.pid) - before) / 20 * 1000;
    await sleep(1000);
    const alone = await paced(port, first, seconds);
    const worker = new Worker(new URL(import.meta.url), { workerData: { port, zone: origin } });
    const beside = await paced(port, first, seconds);
    worker.postMessage('stop');
    const done = await new Promise((resolve) => worker.once('message', resolve));
    await sleep(2000);
    const idle = rssMB(server.pid);
    const readers = Array.from({ length: MANY }, () => {
      const socket = connect(port, '127.0.0.1', () => socket.write(axfr(origin)));
      return socket.on('error', () => {}).pause();
    });
    let most = 0;
    for (let i = 0; i < 20; i++) {
      await sleep(200);
      most = Math.max(most, rssMB(server.pid));
    }
    for (const socket of readers) socket.destroy();
    return `${name}: ${records} records, ${cpu.toFixed(1)} ms of processor each; p50 / p99 ms alone ${alone.p50} / ${alone.p99}, beside ${MANY} `
      + `${beside.p50} / ${beside.p99}, unanswered ${beside.unanswered} of ${beside.asked}, ${done} transfers; ${MANY} slow readers +${(most - idle).toFixed(1)} MB`;
  } finally {
    server.kill();
  }
}

/** Questions at the rate: how long the answers took. */
async function paced(port, text, seconds) {
  const socket = createSocket('udp4');
  const sent = new Map(), took = [];
  socket.on('message', (bytes) => {
    const id = bytes.readUInt16BE(0);
    if (sent.has(id)) took.push(performance.now() - sent.get(id));
    sent.delete(id);
  }).on('error', () => {});
  const message = query(text);
  const began = performance.now();
  let asked = 0;
  while (performance.now() - began < seconds * 1000) {
    const due = Math.floor((performance.now() - began) * RATE / 1000);
    for (; asked < due; asked++) {
      const packet = Buffer.from(message);
      packet.writeUInt16BE(asked & 65535, 0);
      sent.set(asked & 65535, performance.now());
      socket.send(packet, port, '127.0.0.1');
    }
    await sleep(1);
  }
  await sleep(300);
  socket.close();
  took.sort((a, b) => a - b);
  const at = (share) => (took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Infinity).toFixed(2);
  return { p50: at(0.5), p99: at(0.99), unanswered: asked - took.length, asked };
}
