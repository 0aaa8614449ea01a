// A server binary that reads a Corefile, asked over real sockets: ours, or CoreDNS itself. Knows processes and sockets; knows nothing
// of scenarios.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Parts } from '../dns/parts.ts';
import { TYPE } from '../dns/type-name.ts';
import { CLIENT_PORT, parseServer } from './in-process.ts';
import type { Asked } from './question.ts';
import { freePort } from './free-port.ts';
import { sent } from './signed.ts';
import type { Reply, Sent } from './signed.ts';
import { Impossible } from './subject.ts';
import type { Subject } from './subject.ts';

/** Milliseconds: for a start, a reply, a reply that nobody expects, and the longest real sleep. */
const START = 60_000, REPLY = 30_000, SILENCE = 400, SLEEP = 12_000;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A server in a process of its own. Port 53 of the scenario is a free one here. */
export class ServerProcess implements Subject {
  readonly #command: readonly string[];
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #port = 0;
  #log = '';
  #errors = '';
  #corefile = '';

  constructor(command: string, directory: string) {
    this.#command = command.split(' ').filter((word) => word !== '');
    this.#directory = directory;
  }

  async start(corefile: string): Promise<string | undefined> {
    this.#port = await freePort();
    this.rewrite(corefile);
    const [program, ...args] = this.#command;
    const child = spawn(program!, [...args, '-conf', 'Corefile', '-dns.port', String(this.#port)], { cwd: this.#directory });
    this.#child = child;
    child.stdout.on('data', (chunk) => (this.#log += chunk));
    child.stderr.on('data', (chunk) => (this.#errors += chunk));
    const ended = new Promise<void>((resolve, reject) => child.once('close', () => resolve()).once('error', reject));
    const up = this.#until(() => /^CoreDNS-/m.test(this.#log) || child.exitCode !== null, START);
    await Promise.race([ended, up]);
    if (child.exitCode === null) return undefined;
    await ended;
    return this.#standard(this.#errors.split('\n').filter((line) => line !== '' && !line.startsWith('maxprocs:')).join('\n'));
  }
  rewrite(corefile: string): void {
    this.#corefile = corefile;
    writeFileSync(join(this.#directory, 'Corefile'), corefile);
  }
  async reload(): Promise<string | undefined> {
    const before = this.#log.length;
    this.#child!.kill('SIGUSR1');
    const refused = /^\[ERROR\] (?:Restart failed|SIGUSR1|starting listener routine failed): (.*)$/m;
    await this.#until(() => this.#log.slice(before).includes('Reloading complete') || refused.test(this.#log.slice(before)), START);
    return refused.exec(this.#standard(this.#log.slice(before)))?.[1];
  }
  async elapse(milliseconds: number): Promise<boolean> {
    if (milliseconds > SLEEP) return false;
    await pause(milliseconds + 50);
    return true;
  }
  log(): readonly string[] {
    return this.#standard(this.#log).split('\n').slice(0, -1);
  }
  async metric(name: string, labels: ReadonlyMap<string, string>): Promise<number | undefined | 'unknown'> {
    const address = /^\s*prometheus\s+(\S+)/m.exec(this.#corefile)?.[1];
    if (address === undefined) return 'unknown';
    const text = this.#standard(await (await fetch(`http://${address}/metrics`)).text());
    let sum: number | undefined;
    for (const line of text.split('\n')) {
      const [, series, inside = '', value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (series !== name) continue;
      const found = new Map([...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key!, text!]));
      if ([...labels].every(([key, wanted]) => found.get(key) === wanted)) sum = (sum ?? 0) + Number(value);
    }
    return sum;
  }
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  /** Free ports as scenarios know them, and a plugin that CoreDNS names twice once. */
  #standard(text: string): string {
    return text.replaceAll(`:${this.#port}`, ':53').replace(/\b(plugin\/\w+: )\1+/g, '$1');
  }
  async #until(condition: () => boolean, milliseconds: number): Promise<void> {
    for (const until = performance.now() + milliseconds; !condition(); await pause(5)) {
      if (performance.now() < until) continue;
      throw new Error(`the server said nothing for ${milliseconds} ms; it wrote ${this.#log}${this.#errors}`);
    }
  }

  async ask(asked: Asked, silent: boolean): Promise<readonly Reply[]> {
    const { scheme, address, port } = parseServer(asked.at ?? ':53');
    if (scheme !== 'dns') throw new Impossible(`${scheme}:// is not asked over the network here`);
    const loopback = asked.from?.includes(':') ? '::1' : '127.0.0.1';
    const to = { address: address === '' ? loopback : address, port: port === 53 ? this.#port : port };
    const patience = (silent ? SILENCE : REPLY) + asked.waiting;
    const signed = sent(asked.packet, asked.key, Date.now());
    return asked.tcp ? overTcp(asked, signed, to, patience) : overUdp(asked, signed, to, patience);
  }
}

interface To {
  readonly address: string;
  readonly port: number;
}
/** A source that this machine does not have. */
const foreign = (address: string | undefined, error: NodeJS.ErrnoException) =>
  (error.code === 'EADDRNOTAVAIL' ? new Impossible(`nobody here has the address ${address}`) : error);

function overUdp({ from }: Asked, { packet, read }: Sent, to: To, patience: number): Promise<readonly Reply[]> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
    const end = (act: () => void) => {
      clearTimeout(timer);
      socket.close();
      act();
    };
    const timer = setTimeout(() => end(() => resolve([])), patience);
    socket.on('message', (bytes) => end(() => {
      try {
        resolve([withPort(read(bytes), socketPort)]);
      } catch (error) {
        reject(error);
      }
    }));
    socket.on('error', (error) => end(() => reject(foreign(from, error))));
    let socketPort = 0;
    socket.bind({ address: from ?? (to.address.includes(':') ? '::1' : '127.0.0.1') }, () => {
      socketPort = socket.address().port;
      socket.send(packet, to.port, to.address);
    });
  });
}
function overTcp({ from, question }: Asked, { packet, read }: Sent, to: To, patience: number): Promise<readonly Reply[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.address, port: to.port, ...(from === undefined ? {} : { localAddress: from }) });
    const messages: Reply[] = [];
    let rest = Buffer.alloc(0);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(messages);
    };
    const timer = setTimeout(end, patience);
    socket.on('connect', () => socket.write(Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 255]), packet])));
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(); rest = rest.subarray(2 + rest.readUInt16BE())) {
        messages.push(withPort(read(rest.subarray(2, 2 + rest.readUInt16BE())), socket.localPort ?? 0));
      }
      if (messages.length > 0 && (question?.type !== TYPE.AXFR || whole(messages))) end();
    });
    socket.on('close', end);
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(foreign(from, error));
    });
  });
}
/** A transfer ends with the record that it began with. */
function whole(messages: readonly Parts[]): boolean {
  const records = messages.flatMap(({ answer }) => answer);
  return messages[0]!.rcode !== 0 || records.length === 0 || (records.length > 1 && records.at(-1)!.type === records[0]!.type);
}

/** The reply as if it had been asked from the port that scenarios know: `whoami` tells the port in an SRV record. */
function withPort(parts: Reply, port: number): Reply {
  const additional = parts.additional.map((record) => {
    if (record.type !== TYPE.SRV || ((record.rdata[4]! << 8) | record.rdata[5]!) !== port) return record;
    const rdata = record.rdata.slice();
    rdata[4] = CLIENT_PORT >> 8;
    rdata[5] = CLIENT_PORT & 255;
    return { ...record, rdata };
  });
  return { ...parts, additional };
}
