// A name server for tests: UDP and TCP on one free loopback port, with scripted replies. Knows messages; knows nothing of scenarios.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Server, Socket as Connection } from 'node:net';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { CD, QR, RD, message } from '../dns/parts.ts';
import type { Parts } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { typeName } from '../dns/type-name.ts';

/** A scripted reply; `silent` says nothing. What is not given is empty, and EDNS is echoed. */
export type ScriptedReply = Partial<Omit<Parts, 'id' | 'question' | 'opcode'>> | 'silent';
/** A question that came. */
export interface UpstreamQuestion {
  readonly query: Parts;
  readonly tcp: boolean;
}

/** Answers `NAME. TYPE` as it was told, `*` for any other question, and NXDOMAIN where it was told nothing. */
export class FakeUpstream {
  readonly #replies = new Map<string, ScriptedReply>();
  readonly #connections = new Set<Connection>();
  #udp: Socket | undefined;
  #tcp: Server | undefined;
  #port = 0;
  /** What was asked since the list was last emptied. */
  readonly asked: UpstreamQuestion[] = [];

  /** The port, once it listens. */
  get port(): number {
    return this.#port;
  }
  /** Sets the reply to a question such as `www.example.org. A`, case ignored, or to `*`. */
  script(question: string, reply: ScriptedReply): void {
    this.#replies.set(question.toLowerCase(), reply);
  }

  /** Listens: on the port it had before, if it had one. */
  async up(): Promise<void> {
    for (let tries = 20; this.#udp === undefined; tries--) {
      const tcp = createServer((connection) => this.#connected(connection));
      await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
      const { port } = tcp.address() as { port: number };
      const udp = createSocket('udp4');
      try {
        await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, '127.0.0.1', resolve));
      } catch (error) {
        tcp.close();
        if (tries === 0 || this.#port !== 0) throw error;
        continue;
      }
      udp.on('message', (packet, peer) => {
        const reply = this.#answer(packet, false);
        if (reply !== undefined) udp.send(reply, peer.port, peer.address);
      });
      udp.on('error', () => {});
      this.#udp = udp;
      this.#tcp = tcp;
      this.#port = port;
    }
  }
  /** Stops listening and drops its connections; the port stays its own by agreement alone. */
  async down(): Promise<void> {
    const udp = this.#udp;
    const tcp = this.#tcp;
    this.#udp = undefined;
    this.#tcp = undefined;
    if (udp === undefined || tcp === undefined) return;
    for (const connection of this.#connections) connection.destroy();
    await Promise.all([new Promise<void>((resolve) => udp.close(() => resolve())), new Promise((resolve) => tcp.close(resolve))]);
  }

  #connected(connection: Connection): void {
    this.#connections.add(connection);
    let rest = Buffer.alloc(0);
    connection.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
        const reply = this.#answer(rest.subarray(2, 2 + rest.readUInt16BE()), true);
        rest = rest.subarray(2 + rest.readUInt16BE());
        if (reply !== undefined) connection.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
      }
    });
    connection.on('error', () => {});
    connection.on('close', () => this.#connections.delete(connection));
  }
  #answer(packet: Uint8Array, tcp: boolean): Uint8Array | undefined {
    const query = decodeMessage(packet);
    this.asked.push({ query, tcp });
    const { question } = query;
    const key = question === undefined ? '' : `${question.name.text} ${typeName(question.type)}`.toLowerCase();
    const reply = this.#replies.get(key) ?? this.#replies.get('*') ?? { rcode: RCODE.NXDOMAIN };
    if (reply === 'silent') return undefined;
    const { edns } = query;
    const flags = (reply.flags ?? 0) | QR | (query.flags & (RD | CD));
    const whole = message({
      ...(edns === undefined ? {} : { edns: { ...edns, options: [] } }), ...reply, flags, id: query.id, opcode: query.opcode, question,
    });
    return encodeMessage(whole, { compress: true, limit: tcp ? 65535 : Math.max(512, edns?.udpSize ?? 0) });
  }
}
