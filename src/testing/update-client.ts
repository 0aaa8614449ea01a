// A client that changes a zone by signed UPDATEs over real sockets, and asks what is there. Knows messages; knows no server.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import type { Edns } from '../dns/opt.ts';
import { RD, message } from '../dns/parts.ts';
import { printRR } from '../dns/rr.ts';
import { CLASS, TYPE, typeByName } from '../dns/type-name.ts';
import { sent } from './signed.ts';
import type { Reply, Sent } from './signed.ts';
import { updateOf } from './update-words.ts';

/** Milliseconds of patience with one message. */
const PATIENCE = 60_000;

/** One client: a socket, a zone and a key. */
export class UpdateClient {
  readonly #port: number;
  readonly #zone: Name;
  readonly #key: string;
  readonly #socket: Socket = createSocket('udp4');
  /** What reads the answer to each signed message, and judges its signature. */
  readonly #readers = new Map<number, Sent['read']>();
  readonly #waiting = new Map<number, (reply: Uint8Array | undefined) => void>();
  #id = 0;
  #isClosed = false;

  /** `key` is `NAME:BASE64[:ALGORITHM]`. */
  constructor(port: number, zone: string, key: string) {
    this.#port = port;
    this.#zone = Name.parse(zone, Name.root);
    this.#key = key;
    this.#socket.on('message', (bytes) => this.#waiting.get(bytes.readUInt16BE())?.(bytes));
  }

  /** The octets of an UPDATE in words of nsupdate, not signed. */
  plain(clauses: readonly string[], edns?: Edns): Uint8Array {
    const question = { name: this.#zone, type: TYPE.SOA, class: CLASS.IN };
    return encodeMessage(message({ ...updateOf(clauses), id: this.#next(), question, edns }), { compress: true });
  }
  /** The same signed, as it is sent at this time. */
  packet(clauses: readonly string[], now = Date.now(), edns?: Edns): Uint8Array {
    const { packet, read } = sent(this.plain(clauses, edns), { text: this.#key, skew: 0, badMac: false }, now);
    this.#readers.set(this.#id, read);
    return packet;
  }
  /** What is answered to these octets; undefined where nothing comes. */
  async send(packet: Uint8Array, patience = PATIENCE): Promise<Reply | undefined> {
    if (this.#isClosed) return undefined;
    const id = (packet[0]! << 8) | packet[1]!;
    const reply = await new Promise<Uint8Array | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), patience);
      this.#waiting.set(id, (bytes) => {
        clearTimeout(timer);
        resolve(bytes);
      });
      this.#socket.send(packet, this.#port, '127.0.0.1');
    });
    this.#waiting.delete(id);
    const read = this.#readers.get(id) ?? decodeMessage;
    return reply === undefined ? undefined : read(reply);
  }
  /** The rcode of an UPDATE; undefined where no answer came. */
  async update(...clauses: readonly string[]): Promise<number | undefined> {
    return (await this.send(this.packet(clauses)))?.rcode;
  }
  /** The answer to a question, its records as text with single blanks, sorted; undefined where none came. */
  async ask(name: string, type: string): Promise<readonly string[] | undefined> {
    const question = { name: Name.parse(name, Name.root), type: typeByName(type)!, class: CLASS.IN };
    const reply = await this.send(encodeMessage(message({ id: this.#next(), flags: RD, question }), { compress: false }));
    return reply?.answer.map((each) => printRR(each).replace(/\s+/g, ' ')).sort();
  }
  #next(): number {
    return (this.#id = (this.#id + 1) & 0xffff);
  }
  /** Whoever waits gets nothing. */
  close(): void {
    this.#isClosed = true;
    this.#socket.close();
    for (const answer of this.#waiting.values()) answer(undefined);
  }
}
