// The whole server, with labels of the asking pod in its log, while the cluster changes as fast as the API can tell: no line may name
// another pod, or anything that no pod was ever called. Knows a process, a made-up API and an upstream; says how often a line was foreign.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { FakeKubeApi } from '../../src/testing/fake-kube-api.ts';
import { FakeUpstream } from '../../src/testing/fake-upstream.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';

/** Clients, each a pod of its own; other pods, which come and go; changes for each question; questions on their way at most. */
const CLIENTS = 8, OTHERS = 500, CHANGES = 4, UNDER_WAY = 200;

/** What came of a run: lines of the log, those of them that were foreign, panics, and changes of the cluster. */
export interface Found {
  readonly lines: number;
  readonly foreign: number;
  readonly panics: number;
  readonly changes: number;
}

const clientOf = (i: number): string => `127.0.1.${i + 1}`;
/** A pod whose name and label say which address it has, and of which length they are differs with each version. */
function pod(name: string, address: string, version: number) {
  const metadata = { name, namespace: 'soak', labels: { app: `${name}-${'v'.repeat(1 + (version % 40))}${version}` } };
  return { metadata, spec: {}, status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] } };
}
/** `[INFO] POD=name/namespace/label.`: of a client, and of nobody else. */
const isOwn = (line: string): boolean => /^\[INFO\] POD=(client-\d)\/soak\/\1-v+\d+\. /.test(line);

/** Asks, changes the cluster and reads the log until it has so many lines, or one is wrong. */
export async function soak(lines: number): Promise<Found> {
  const [api, upstream] = [new FakeKubeApi(), new FakeUpstream()];
  upstream.script('*', { rcode: 0 });
  await Promise.all([api.up(), upstream.up()]);
  api.add('namespaces', { metadata: { name: 'soak' } });
  for (let i = 0; i < CLIENTS; i++) api.add('pods', pod(`client-${i}`, clientOf(i), 0));
  const port = await freePort();
  const server = new Spawned(`.:${port} {
    bind 127.0.0.1
    multisocket 4
    metadata
    log . "POD={/kubernetes/client-pod-name}/{/kubernetes/client-namespace}/{/kubernetes/client-label/app}. {name}"
    kubernetes cluster.local {
        endpoint ${api.url}
        pods verified
    }
    forward . 127.0.0.1:${upstream.port}
}
`);
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => boundTo(clientOf(i))));
  try {
    await server.says(/CoreDNS-/);
    return await load({ api, server, sockets, port, lines });
  } finally {
    for (const socket of sockets) socket.close();
    await server.kill();
    await Promise.all([api.down(), upstream.down()]);
  }
}
async function boundTo(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return socket;
}

interface Load {
  readonly api: FakeKubeApi;
  readonly server: Spawned;
  readonly sockets: readonly Socket[];
  readonly port: number;
  readonly lines: number;
}
async function load({ api, server, sockets, port, lines }: Load): Promise<Found> {
  const found = { lines: 0, foreign: 0, panics: 0, changes: 0 };
  let [asked, answered, idle] = [0, 0, 0];
  for (const socket of sockets) socket.on('message', () => answered++);
  let rest = '';
  const read = () => {
    const whole = (rest + server.stdout).split('\n');
    server.stdout = '';
    rest = whole.pop()!;
    for (const line of whole) {
      if (line.includes('panic')) found.panics++;
      if (!line.includes('POD=')) continue;
      found.lines++;
      if (!isOwn(line)) found.foreign++;
    }
  };
  while (found.lines < lines && found.foreign === 0 && found.panics === 0) {
    // What was lost on its way is not waited for.
    if (asked - answered < UNDER_WAY || idle++ > 200) {
      if (idle > 200) answered = asked;
      idle = 0;
      for (let i = 0; i < 20; i++, asked++) sockets[asked % CLIENTS]!.send(question(asked), port, '127.0.0.1');
    }
    for (let i = 0; i < 20 * CHANGES; i++, found.changes++) {
      const which = found.changes % (OTHERS + CLIENTS);
      if (which < CLIENTS) api.update('pods', pod(`client-${which}`, clientOf(which), found.changes));
      else change(api, which, found.changes);
    }
    await new Promise((resolve) => setImmediate(resolve));
    read();
  }
  return found;
}
/** Other pods come, get another label and go: what they leave is where the next ones lie. */
function change(api: FakeKubeApi, which: number, version: number): void {
  const name = `mine-${which}`;
  const turn = Math.floor(version / (OTHERS + CLIENTS)) % 3;
  if (turn === 2) return api.delete('pods', `soak/${name}`);
  const object = pod(name, `127.0.${2 + (which >> 8)}.${which & 255}`, version);
  if (turn === 0) api.add('pods', object);
  else api.update('pods', object);
}
function question(id: number): Uint8Array {
  const head = `${String.fromCharCode((id >> 8) & 255, id & 255)}\x01\0\0\x01\0\0\0\0\0\0`;
  return Buffer.from(`${head}\x08n${String(id % 1e7).padStart(7, '0')}\x04test\0\0\x01\0\x01`, 'latin1');
}
