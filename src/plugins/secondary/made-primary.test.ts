// A primary that says what a test tells it to, for the tests beside it; and ours, which has its zones from it.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { serialOf } from '../../authority/transfer.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AA, QR, message } from '../../dns/parts.ts';
import { parseRR } from '../../dns/rr.ts';
import { OPCODE } from '../../dns/rcode.ts';
import { CLASS, TYPE, typeName } from '../../dns/type-name.ts';
import { eventually, framed } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { USUAL } from '../../tsig/algorithm.ts';
import { keyOf } from '../../tsig/key.ts';
import { findTsig, readTsig } from '../../tsig/record.ts';
import { Signer } from '../../tsig/signature.ts';
import { output } from '../../../test/servers/programs.ts';
import { standard } from '../index.ts';

/** The secret of `one.key`. */
export const SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const key = keyOf(Name.parse('one.key'), Buffer.from(SECRET, 'base64'), USUAL);
/** The SOA of a.test, and the whole of it. */
export const soa = (serial: number): string => `a.test. 60 IN SOA ns.a.test. h.a.test. ${serial} 1 1 1000 60`;
export const whole = (serial: number): readonly string[] =>
  [soa(serial), 'a.test. 60 IN NS ns.a.test.', `www.a.test. 60 IN A 192.0.2.${serial}`, soa(serial)];

/** What a primary says: messages of records, or what it does with the connection. */
export type Said = readonly (readonly string[])[] | 'close' | 'silence' | Uint8Array;

/** A primary; what it says is changed while it runs. */
export class MadePrimary {
  readonly asked: string[] = [];
  /** By type, or by zone and type. */
  says: { [type: string]: Said } = {};
  /** What was met with silence; each call answers it after all, with what is said now. */
  readonly waiting: (() => void)[] = [];
  /** Whether replies are signed: each message, the first alone, or with a wrong MAC. */
  signs: 'all' | 'first' | 'wrong' | 'none' = 'none';
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();

  async open(t: TestContext): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      this.#server.close();
      for (const socket of this.#sockets) socket.destroy();
    });
    return this;
  }
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('data', (chunk) => {
      const packet = chunk.subarray(2);
      const { question, authority } = decodeMessage(packet);
      const type = typeName(question!.type);
      const zone = question!.name.text === 'a.test.' ? '' : `${question!.name.text} `;
      this.asked.push(zone + (type === 'IXFR' ? `IXFR ${serialOf(authority[0]!)}` : type));
      this.#reply(socket, packet, zone + type);
    });
  }
  #reply(socket: Socket, packet: Uint8Array, asked: string): void {
    const said = this.says[asked] ?? 'close';
    if (said === 'silence') return void this.waiting.push(() => this.#reply(socket, packet, asked));
    const { id, question } = decodeMessage(packet);
    if (said === 'close') return void socket.end();
    if (said instanceof Uint8Array) return void socket.write(framed(said));
    const from = findTsig(packet, 0, packet.length);
    const request = from < 0 ? undefined : readTsig(packet, 0, packet.length, from)!.mac;
    const signer = request && new Signer({ key, binding: USUAL, request });
    said.forEach((records, n) => {
      const answer = records.map((text) => parseRR(text)!);
      const plain = encodeMessage(message({ id, flags: QR, question: question!, answer }), { compress: true });
      if (signer === undefined || this.signs === 'none' || (this.signs === 'first' && n > 0)) return void socket.write(framed(plain));
      const bytes = new Uint8Array(plain.length + signer.room());
      bytes.set(plain);
      signer.sign(bytes, 0, plain.length, Math.floor(Date.now() / 1000));
      if (this.signs === 'wrong') bytes[bytes.length - 7]! ^= 1;
      socket.write(framed(bytes));
    });
  }
}
/** What dig says. */
export const address = async (port: number, name = 'www.a.test'): Promise<string> =>
  (await output('dig', ['@127.0.0.1', '-p', String(port), '+short', '+time=10', '+tries=1', name, 'A'])).trim();
/** A primary says that there is something new. */
export async function notify(port: number): Promise<void> {
  const question = { name: Name.parse('a.test'), type: TYPE.SOA, class: CLASS.IN };
  const packet = encodeMessage(message({ id: 9, opcode: OPCODE.NOTIFY, flags: AA, question }), { compress: false });
  const socket = createSocket('udp4');
  const replied = once(socket, 'message');
  socket.send(packet, port, '127.0.0.1');
  const [reply] = await replied as [Uint8Array];
  socket.close();
  const { rcode, flags } = decodeMessage(reply);
  assert.deepEqual([rcode, flags & (QR | AA)], [0, QR | AA]);
}
/** Why it cannot be asked. */
export const isMissing = await output('dig', ['-v']).then((said) => (said.includes('DiG') ? false : 'dig is not installed'));

/** Ours, with what else stands in its block, and before it. */
export async function serving(t: TestContext, primary: MadePrimary, more = '', before = '') {
  const ours = await serve(`a.test {\n${before}\nsecondary {\ntransfer from 127.0.0.1:${primary.port}\n${more}\n}\n}`, standard);
  t.after(() => ours.close());
  const has = (text: string) => eventually(() => ours.log().includes(text), text);
  return { ours, has };
}
