// Tells the secondaries of a zone that it has changed (RFC 1996, XFR-4). Knows UDP messages, tries and time; knows nothing of zones'
// records or of who may transfer.
import { joinHostPort } from '../../dns/host-port.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import { AA, QR, message } from '../../dns/parts.ts';
import { OPCODE, RCODE, rcodeName } from '../../dns/rcode.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { errnoWords } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { DatagramPeer, DatagramSocket } from '../../upstream/datagrams.ts';
import { dialError, localAddress, readError } from '../../upstream/network-error.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import type { Key } from '../../tsig/key.ts';
import { ReplyCheck, Signer } from '../../tsig/signature.ts';
import type { Secondary } from './config.ts';
import type { Pace } from './pace.ts';

const TRIES = 3;
/** Milliseconds for an answer. */
const PATIENCE = 2000;
/** Tries after the first ones, and milliseconds between them. */
const AGAIN = 10, MINUTE = 60_000;
/** Zones of which one secondary is told at the same time. The others wait: there may be thousands. */
const AT_ONCE = 16;

/** A zone, and what is called with the reason where the secondary did not accept its notify, or with undefined. */
interface Pending {
  readonly zone: Name;
  readonly soa: RR | undefined;
  readonly ended: (error: string | undefined) => void;
}
/** What a secondary said: an rcode, or nothing, for a reason in Go's words. */
type Said = { readonly rcode: number } | { readonly why: string; readonly silent: boolean };
/** A message, and whether an answer to it is believed. */
interface Packet {
  readonly packet: Uint8Array;
  readonly isBelieved: (answer: Uint8Array) => boolean;
}
type NotifyRun = Pick<Run, 'clock' | 'datagrams' | 'signal'>;
/** How notifies are sent. */
export interface NotifyOptions {
  readonly source: string | undefined;
  readonly key?: Key | undefined;
  /** Shared by all of a block. */
  readonly pace: Pace;
}

/** One secondary: the notifies that it gets. They end with the run. */
export class Notifier {
  readonly #run: NotifyRun;
  readonly #secondary: Secondary;
  readonly #options: NotifyOptions;
  readonly #ids = new RandomIds();
  readonly #waiting = new Map<string, Pending>();
  /** Zones of which it was told in vain, with what calls the next try off. */
  readonly #later = new Map<string, () => void>();
  #underWay = 0;

  constructor(run: NotifyRun, secondary: Secondary, options: NotifyOptions) {
    this.#run = run;
    this.#secondary = secondary;
    this.#options = options;
    run.signal.addEventListener('abort', () => {
      this.#waiting.clear();
      for (const cancel of this.#later.values()) cancel();
    }, { once: true });
  }

  /**
   * Sends the notify of this zone, with its new SOA where that is known, up to three times; one that waits its turn already is not sent
   * twice. Resolves with the reason why it was not accepted, as CoreDNS words it, or with undefined; never where the run ends before. Who
   * says nothing is told again each minute, ten times, or until the zone has changed again.
   */
  notify(zone: Name, soa?: RR): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const earlier = this.#waiting.get(zone.key);
    this.#waiting.set(zone.key, { zone, soa, ended: resolve });
    earlier?.ended(undefined);
    this.#later.get(zone.key)?.();
    this.#later.delete(zone.key);
    this.#next();
    return promise;
  }
  #next(): void {
    for (const [key, { zone, soa, ended }] of this.#waiting) {
      if (this.#underWay === AT_ONCE) return;
      this.#waiting.delete(key);
      this.#underWay++;
      void this.#tell(zone, soa).then((error) => {
        this.#underWay--;
        ended(error);
        this.#next();
      });
    }
  }

  /** CoreDNS tries again at once after an answer that it does not like. */
  async #tell(zone: Name, soa: RR | undefined): Promise<string | undefined> {
    let said: Said = { why: '', silent: false };
    const id = this.#ids.next();
    for (let tries = TRIES; tries > 0; tries--) {
      said = await this.#exchange(zone, soa, id);
      if ('rcode' in said && said.rcode === RCODE.NOERROR) return undefined;
    }
    if ('silent' in said && said.silent) this.#again(zone, soa, AGAIN);
    const why = 'rcode' in said ? `rcode was ${quoted(rcodeName(said.rcode))}` : said.why;
    return `notify for zone ${quoted(zone.text)} was not accepted by ${quoted(this.#secondary.text)}: ${why}`;
  }
  #again(zone: Name, soa: RR | undefined, left: number): void {
    if (left === 0 || this.#run.signal.aborted || this.#waiting.has(zone.key)) return;
    const cancel = this.#run.clock.after(MINUTE, () => {
      void this.#exchange(zone, soa, this.#ids.next()).then((said) => {
        if (this.#later.get(zone.key) !== cancel) return;
        this.#later.delete(zone.key);
        if ('silent' in said && said.silent) this.#again(zone, soa, left - 1);
      });
    });
    this.#later.set(zone.key, cancel);
  }

  /** What comes of one message. Resolves never where the run ends before. */
  #exchange(zone: Name, soa: RR | undefined, id: number): Promise<Said> {
    return new Promise((resolve) => this.#options.pace.take(() => this.#send(this.#packet(zone, soa, id), resolve)));
  }
  #send({ packet, isBelieved }: Packet, resolve: (said: Said) => void): void {
    const { clock, datagrams, signal } = this.#run;
    if (signal.aborted) return;
    let to: DatagramPeer | undefined;
    let socket: DatagramSocket | undefined;
    let cancel = (): void => {};
    const end = (): void => {
      signal.removeEventListener('abort', end);
      cancel();
      socket?.close();
    };
    const fail = (code: string): void => {
      end();
      const error = readError('udp', joinHostPort(localAddress(to!), socket?.localPort ?? 0), to!, code);
      resolve({ why: quoted(error.message), silent: true });
    };
    try {
      to = this.#peer();
      socket = datagrams.open(to, (bytes, _, at, length) => {
        const answer = bytes.slice(at, at + length);
        const rcode = acceptedRcode(packet, answer);
        if (rcode === undefined || !isBelieved(answer)) return;
        end();
        resolve({ rcode });
      }, fail);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const why = to === undefined ? (error as Error) : this.#unopened(to, code ?? String(error));
      return resolve({ why: quoted(why.message), silent: to !== undefined });
    }
    signal.addEventListener('abort', end, { once: true });
    cancel = clock.after(PATIENCE, () => fail('timeout'));
    socket.bytes.set(packet, socket.write(packet.length));
  }
  /** The message, signed where a key is named, and whether an answer is believed. */
  #packet(zone: Name, soa: RR | undefined, id: number): Packet {
    const { key } = this.#options;
    const question = { name: zone, type: TYPE.SOA, class: CLASS.IN };
    const answer = soa === undefined ? [] : [soa];
    const plain = encodeMessage(message({ id, opcode: OPCODE.NOTIFY, flags: AA, question, answer }), { compress: false });
    if (key === undefined) return { packet: plain, isBelieved: () => true };
    const now = (): number => Math.floor(this.#run.clock.wall() / 1000);
    const signer = new Signer({ key, binding: key.own });
    const packet = new Uint8Array(plain.length + signer.room());
    packet.set(plain);
    signer.sign(packet, 0, plain.length, now());
    const isBelieved = (bytes: Uint8Array): boolean =>
      new ReplyCheck(key, key.own.algorithm, signer.mac).take(bytes, 0, bytes.length, now()) === undefined;
    return { packet, isBelieved };
  }
  /** Throws Go's text for a port that is none. */
  #peer(): DatagramPeer {
    const { address, port } = this.#secondary;
    if (!/^\d+$/.test(port)) throw new Error(`dial udp: lookup udp/${port}: unknown port`);
    if (Number(port) > 65535) throw new Error(`dial udp: address ${port}: invalid port`);
    const { source } = this.#options;
    if (source === undefined) return { address, port: Number(port) };
    if (source.includes(':') !== address.includes(':')) {
      throw new Error(`dial udp: address ${joinHostPort(source, 0)}: no suitable address found`);
    }
    return { address, port: Number(port), source };
  }
  #unopened(to: DatagramPeer, code: string): Error {
    if (to.source === undefined || code !== 'EADDRNOTAVAIL') return dialError('udp', to, code);
    const path = `${joinHostPort(to.source, 0)}->${joinHostPort(to.address, to.port)}`;
    return new Error(`dial udp ${path}: bind: ${errnoWords(code)}`);
  }
}

/** The rcode of an answer to this notify (RFC 1996 section 3.6); undefined for anything else, which is not looked at. */
function acceptedRcode(packet: Uint8Array, answer: Uint8Array): number | undefined {
  try {
    const sent = decodeMessage(packet);
    const { id, flags, opcode, rcode, question } = decodeMessage(answer);
    if (id !== sent.id || (flags & QR) === 0 || opcode !== OPCODE.NOTIFY) return undefined;
    if (question === undefined) return rcode;
    const { name, type, class: klass } = sent.question!;
    return question.type === type && question.class === klass && question.name.equals(name) ? rcode : undefined;
  } catch {
    return undefined;
  }
}
