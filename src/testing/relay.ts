// The network between a server and its upstream, as a test wants it: slow, lossy, mute, cut, leading elsewhere. Knows sockets; knows
// nothing of what they carry.
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { freePort } from './free-port.ts';

/** One way through the relay: a connection, or the datagrams of one sender. */
interface Flow {
  /** Nothing gets through any more, and nobody is told. */
  mute: boolean;
  end(): void;
}

/** UDP and TCP on one port of 127.0.0.1, passed on to another one. */
export class Relay {
  readonly port: number;
  /** Where new flows lead. */
  to: number;
  /** Milliseconds that everything takes, each way. */
  delay = 0;
  /** Of so many datagrams one is lost, each way; 0: none. */
  loss = 0;
  readonly #flows = new Set<Flow>();
  readonly #server: Server;
  readonly #udp: UdpSocket;
  #datagrams = 0;

  private constructor(port: number, to: number) {
    this.port = port;
    this.to = to;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#pass(socket));
    this.#udp = createSocket('udp4');
  }
  /** Opens one. */
  static async open(to: number): Promise<Relay> {
    const relay = new Relay(await freePort(), to);
    await new Promise<void>((resolve, reject) => relay.#server.once('error', reject).listen(relay.port, '127.0.0.1', resolve));
    await new Promise<void>((resolve, reject) => relay.#udp.once('error', reject).bind(relay.port, '127.0.0.1', resolve));
    relay.#passDatagrams();
    return relay;
  }
  close(): void {
    this.#server.close();
    this.#udp.close();
    this.cut();
  }

  /** The flows that are there go mute; new ones get through. */
  mute(): void {
    for (const flow of this.#flows) flow.mute = true;
  }
  /** The flows that are there end: connections are reset. */
  cut(): void {
    for (const flow of this.#flows) flow.end();
    this.#flows.clear();
  }

  #later(flow: Flow, call: () => void): void {
    setTimeout(() => {
      if (!flow.mute) call();
    }, this.delay);
  }
  #pass(client: Socket): void {
    const server = connect({ port: this.to, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const flow: Flow = { mute: false, end: () => {
      client.resetAndDestroy();
      server.destroy();
    } };
    this.#flows.add(flow);
    for (const [from, into] of [[client, server], [server, client]] as const) {
      from.on('data', (chunk) => this.#later(flow, () => into.write(chunk)));
      from.on('end', () => this.#later(flow, () => into.end()));
      from.on('error', () => this.#later(flow, () => into.destroy()));
      from.on('close', () => this.#flows.delete(flow));
    }
  }
  #passDatagrams(): void {
    const outs = new Map<string, { readonly flow: Flow; readonly socket: UdpSocket }>();
    const lost = (): boolean => this.loss > 0 && ++this.#datagrams % this.loss === 0;
    this.#udp.on('message', (packet, { port, address }) => {
      const key = `${address} ${port}`;
      let out = outs.get(key);
      if (out === undefined) {
        const socket = createSocket('udp4');
        const to = this.to;
        const flow: Flow = { mute: false, end: () => {
          outs.delete(key);
          socket.close();
        } };
        socket.on('error', () => {});
        socket.on('message', (reply) => {
          if (!lost()) this.#later(flow, () => this.#udp.send(reply, port, address));
        });
        socket.connect(to, '127.0.0.1');
        this.#flows.add(flow);
        out = { flow, socket };
        outs.set(key, out);
      }
      const { flow, socket } = out;
      if (!lost()) this.#later(flow, () => outs.get(key)?.socket === socket && socket.send(packet, () => {}));
    });
  }
}
