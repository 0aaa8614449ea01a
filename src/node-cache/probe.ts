// Asks a server a question that it alone answers, from a few ports: where several processes share an address, the kernel gives each port's
// questions to one of them. Knows datagrams and one question; knows nothing of what follows from its answer.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { RD, message } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Clock } from '../kernel/clock.ts';

/** Ports that ask at a time. */
const PORTS = 8;
/** Milliseconds after which all ports ask, and for which an answer is waited for: well below what an address stands for. */
const SOON = 400, PATIENCE = 2400;

/** The sockets of a process that asks itself. */
export class Probe {
  readonly #clock: Clock;
  readonly #question: string;
  readonly #isIPv6: boolean;
  #sockets: Socket[] = [];
  #id = 0;

  /** `question` is a name for which this process alone has a TXT record. */
  constructor(question: string, isIPv6: boolean, clock: Clock) {
    this.#question = question;
    this.#isIPv6 = isIPv6;
    this.#clock = clock;
  }
  /** The ports from which it asks. */
  get ports(): readonly number[] {
    return this.#sockets.map((socket) => socket.address().port);
  }
  /** Takes other ports, which the kernel may give to other sockets of an address. */
  async renew(): Promise<void> {
    this.close();
    this.#sockets = await Promise.all(Array.from({ length: PORTS }, () => opened(this.#isIPv6)));
  }
  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.#sockets = [];
  }
  /**
   * Whether this process answers at an address. Asked is from the port that got there the last time, and from all of them where that says
   * nothing for a while, or somebody else does.
   */
  ask(address: string, port: number): Promise<boolean> {
    const id = (this.#id = (this.#id + 1) & 0xffff);
    const question = { name: Name.parse(this.#question), type: TYPE.TXT, class: CLASS.IN };
    const packet = encodeMessage(message({ id, flags: RD, question }), { compress: false });
    const sockets = [...this.#sockets];
    return new Promise((resolve) => {
      const ends: (() => void)[] = [];
      let left = sockets.length;
      const end = (answered: boolean): void => {
        for (const stop of ends.splice(0)) stop();
        resolve(answered);
      };
      const refused = (): void => {
        left--;
        askOthers();
        if (left === 0) end(false);
      };
      const askFrom = (socket: Socket): void => {
        const hear = (bytes: Buffer): void => {
          if (bytes.length <= 12 || bytes.readUInt16BE(0) !== id) return;
          if (!isAnswer(bytes)) return refused();
          this.#sockets = [socket, ...this.#sockets.filter((each) => each !== socket)];
          end(true);
        };
        socket.on('message', hear);
        ends.push(() => void socket.off('message', hear));
        socket.send(packet, port, address, (error) => {
          if (error !== null && ends.length > 0) refused();
        });
      };
      const others = sockets.slice(1);
      const askOthers = (): void => {
        for (const socket of others.splice(0)) askFrom(socket);
      };
      ends.push(this.#clock.after(SOON, askOthers), this.#clock.after(PATIENCE, () => end(false)));
      const [first] = sockets;
      if (first === undefined) return end(false);
      askFrom(first);
    });
  }
}
function isAnswer(bytes: Uint8Array): boolean {
  try {
    return decodeMessage(bytes).answer.some(({ type }) => type === TYPE.TXT);
  } catch {
    return false;
  }
}
function opened(isIPv6: boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6 ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(0, () => {
      socket.off('error', reject);
      // What comes of an unreachable port while nobody asks.
      socket.on('error', () => {});
      socket.unref();
      resolve(socket);
    });
  });
}
