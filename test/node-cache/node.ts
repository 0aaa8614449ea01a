// A node as a network of its own: the DNS of the cluster behind a rule of kube-proxy's, node caches as processes, and clients that ask one
// question after the other. Runs inside of `unshare -rn`; knows nothing of what is tested.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { QR, RD, message } from '../../src/dns/parts.ts';
import { parseRR } from '../../src/dns/rr.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { Spawned } from '../../src/testing/spawned.ts';

/** The address that the kubelet gives to pods, that of the Service for node caches, and where the DNS of the cluster really is. */
export const CLUSTER_IP = '10.96.0.10', UPSTREAM_IP = '10.96.0.53', POD_IP = '10.0.0.1', LINK_LOCAL = '169.254.20.10';
/** Who has answered, as the last octet of an address says it. */
export type By = 'node' | 'cluster' | 'the cluster later' | undefined;
/** Milliseconds for which an answer is waited for; who gets none counts as lost. */
const PATIENCE = 30_000;
const POD_PORT = 5300;
const WHO: readonly By[] = ['node', 'cluster', 'the cluster later'];

/** Runs a program; throws where it fails. */
export const sh = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
/** Whether a program ends well. */
export const works = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).status === 0;
/** Gives nft a text. */
export const nft = (text: string): void => void execFileSync('nft', ['-f', '-'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] });
/** Waits for a condition. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const limit = performance.now() + 90_000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (performance.now() > limit) throw new Error(`waited for ${what}`);
  }
}

/** Questions and answers as octets. */
const asked = (id: number, name: string): Uint8Array =>
  encodeMessage(message({ id, flags: RD, question: { name: Name.parse(name), type: TYPE.A, class: CLASS.IN } }), { compress: false });
/** The last octet of the addresses that the DNS of the cluster says. */
export const says = { octet: 2 };
function said(packet: Uint8Array): Uint8Array {
  const { id, question, opcode } = decodeMessage(packet);
  const name = question?.name.text ?? '';
  const answer = question?.type === TYPE.A ? [parseRR(`${name} 3000 IN A 192.0.2.${says.octet}`)!] : [];
  return encodeMessage(message({ id, flags: QR, opcode, question, answer }), { compress: false });
}

/** The DNS of the cluster: at the address of a pod, and at those of Services by rules as kube-proxy makes them. */
export async function cluster(): Promise<{ close(): void }> {
  // A way to everywhere, as nodes have one: addresses of Services lead there until the rules turn them round.
  sh('ip', 'link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'beyond');
  for (const link of ['uplink', 'beyond']) sh('ip', 'link', 'set', link, 'up');
  sh('ip', 'addr', 'add', '10.1.0.1/24', 'dev', 'uplink');
  sh('ip', 'route', 'add', 'default', 'via', '10.1.0.2', 'dev', 'uplink');
  sh('ip', 'addr', 'add', `${POD_IP}/32`, 'dev', 'lo');
  const to = [CLUSTER_IP, UPSTREAM_IP].flatMap((ip) => ['udp', 'tcp'].map((protocol) =>
    `ip daddr ${ip} ${protocol} dport 53 dnat to ${POD_IP}:${POD_PORT}\n`)).join('');
  nft(`table ip kube_proxy {\nchain services {\ntype nat hook prerouting priority -100\n${to}}\n`
    + `chain own {\ntype nat hook output priority -100\n${to}}\n}\n`);
  const udp = createSocket('udp4');
  udp.on('message', (packet, { port, address }) => udp.send(said(packet), port, address));
  await new Promise<void>((resolve) => udp.bind(POD_PORT, POD_IP, resolve));
  const tcp = createServer((socket) => {
    let rest = Buffer.alloc(0);
    socket.on('error', () => {}).on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(); rest = rest.subarray(2 + rest.readUInt16BE())) {
        const reply = said(rest.subarray(2, 2 + rest.readUInt16BE()));
        socket.write(Buffer.concat([Buffer.of(reply.length >> 8, reply.length & 255), reply]));
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(POD_PORT, POD_IP, resolve));
  return {
    close() {
      udp.close();
      tcp.close();
    },
  };
}

/** What the node cache is started with. */
export interface NodeCacheOptions {
  readonly args?: readonly string[];
  readonly addresses?: string;
  /** Words before the program: it is run by them. */
  readonly by?: readonly string[];
  /** Lines of each block beside those that all have. */
  readonly block?: string;
  readonly template?: string;
  /** Programs that it finds; what is taken away later is gone for it. */
  readonly programs?: readonly string[];
}
const TEMPLATE = (block: string) => `.:53 {
    errors
    bind __PILLAR__LOCAL__DNS__
    ready 127.0.0.1:8181
    ${block}
    template IN A {
        match ^who[.]
        answer "{{ .Name }} 0 IN A 192.0.2.1"
        fallthrough
    }
    forward . __PILLAR__CLUSTER__DNS__ {
        force_tcp
    }
}
`;
/** A node cache as a process. The interface is `lo`: not every kernel has dummy ones. */
export class NodeCacheProcess {
  readonly server: Spawned;
  readonly bin: string;
  readonly metrics: number;

  constructor(metrics: number, options: NodeCacheOptions = {}) {
    const { args = [], addresses = CLUSTER_IP, block = '', template = TEMPLATE(block), by = [], programs = ['ip', 'nft'] } = options;
    this.metrics = metrics;
    const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-node-'));
    this.bin = join(folder, 'bin');
    mkdirSync(this.bin);
    for (const program of programs) symlinkSync(sh('which', program).trim(), join(this.bin, program));
    writeFileSync(join(folder, 'Corefile.base'), template);
    this.server = new Spawned(undefined, {
      folder, environment: { KUBE_DNS_UPSTREAM_SERVICE_HOST: UPSTREAM_IP, PATH: this.bin }, command: [...by, process.execPath, MAIN],
      args: ['node-cache', '-localip', addresses, '-conf', join(folder, 'Corefile'), '-basecorefile', join(folder, 'Corefile.base'),
        '-upstreamsvc', 'kube-dns-upstream', '-interfacename', 'lo', '-metrics-listen-address', `127.0.0.1:${metrics}`, ...args],
    });
    processes.add(this);
  }
  /** What it counts. */
  async counted(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.metrics}/metrics`)).text();
    return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.split(' ')[1] ?? -1);
  }
  /** Ends it in good order. */
  async stop(): Promise<number | string | null> {
    this.server.signal('SIGTERM');
    return this.server.ended;
  }
  async kill(): Promise<void> {
    this.server.signal('SIGCONT');
    await this.server.kill();
  }
}
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const processes = new Set<NodeCacheProcess>();
/** Ends whatever still runs. */
export const cleanUp = async (): Promise<void> => void await Promise.all([...processes].map((each) => each.kill()));

/** Whether readiness is said at the usual address. */
export const isReady = (): Promise<boolean> => fetch('http://127.0.0.1:8181/ready').then(({ status }) => status === 200, () => false);

/** Asks one question after the other over some sockets, and knows who answered how many. */
export class Client {
  readonly by = { node: 0, cluster: 0, lost: 0 };
  readonly #address: string;
  readonly #loops: readonly Promise<void>[];
  #ended = false;

  constructor(address = CLUSTER_IP, sockets = 4) {
    this.#address = address;
    this.#loops = Array.from({ length: sockets }, () => this.#loop());
  }
  async #loop(): Promise<void> {
    const socket = createSocket('udp4');
    socket.on('error', () => {});
    for (let id = 1; !this.#ended; id = (id + 1) & 0xffff) {
      const by = await askOver(socket, this.#address, id, PATIENCE);
      this.by[by === 'node' || by === 'cluster' ? by : 'lost']++;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    socket.close();
  }
  /** Waits until so many more were answered by one. */
  async hears(by: 'node' | 'cluster', more = 50): Promise<void> {
    const before = this.by[by];
    await until(() => this.by[by] >= before + more, `${more} answers of the ${by} (${JSON.stringify(this.by)})`);
  }
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#loops);
  }
}
/** Asks once over a socket. */
function askOver(socket: Socket, address: string, id: number, patience: number, name = 'who.test.'): Promise<By> {
  return new Promise((resolve) => {
    const end = (by: By): void => {
      clearTimeout(timer);
      socket.off('message', hear);
      resolve(by);
    };
    const hear = (packet: Buffer): void => {
      if (packet.readUInt16BE(0) !== id) return;
      const [first] = decodeMessage(packet).answer;
      end(first === undefined ? undefined : WHO[first.rdata.at(-1)! - 1]);
    };
    const timer = setTimeout(() => end(undefined), patience);
    socket.on('message', hear);
    socket.send(asked(id, name), 53, address, (error) => {
      if (error !== null) end(undefined);
    });
  });
}
/** Asks once from a port of its own. */
export async function ask(address = CLUSTER_IP, patience = PATIENCE, name = 'who.test.'): Promise<By> {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  const by = await askOver(socket, address, 77, patience, name);
  socket.close();
  return by;
}

/** A pod: a network behind a pair of veth, and a process that keeps it. */
export async function pod(): Promise<{ readonly pid: number; readonly process: ChildProcess }> {
  const process = spawn('unshare', ['-n', 'sh', '-c', 'echo here; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => process.stdout.once('data', resolve));
  const pid = process.pid!;
  sh('ip', 'link', 'add', 'cali1', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${pid}`);
  sh('ip', 'addr', 'add', '10.2.0.1/24', 'dev', 'cali1');
  sh('ip', 'link', 'set', 'cali1', 'up');
  for (const line of ['link set lo up', 'addr add 10.2.0.2/24 dev eth0', 'link set eth0 up', 'route add default via 10.2.0.1']) {
    sh('nsenter', '-t', `${pid}`, '-n', 'ip', ...line.split(' '));
  }
  return { pid, process };
}
