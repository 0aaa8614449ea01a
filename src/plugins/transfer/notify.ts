// Tells the secondaries of a zone that it has changed (RFC 1996, XFR-4). Knows UDP messages, tries and time; knows nothing of zones'
// records or of who may transfer.
import { joinHostPort } from '../../dns/host-port.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { AA, QR, message } from '../../dns/parts.ts';
import { OPCODE, RCODE, rcodeName } from '../../dns/rcode.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { errnoWords } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { DatagramPeer, DatagramSocket } from '../../upstream/datagrams.ts';
import { dialError, localAddress, readError } from '../../upstream/network-error.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import type { Secondary } from './config.ts';

const TRIES = 3;
/** Milliseconds for an answer. */
const PATIENCE = 2000;
/** Zones of which one secondary is told at the same time. The others wait: there may be thousands. */
const AT_ONCE = 16;

/** A zone, and what is called with the reason where the secondary did not accept its notify, or with undefined. */
interface Pending {
  readonly zone: Name;
  readonly ended: (error: string | undefined) => void;
}
type NotifyRun = Pick<Run, 'clock' | 'datagrams' | 'signal'>;

/** One secondary: the notifies that it gets. They end with the run. */
export class Notifier {
  readonly #run: NotifyRun;
  readonly #secondary: Secondary;
  readonly #source: string | undefined;
  readonly #ids = new RandomIds();
  readonly #waiting = new Map<string, Pending>();
  #underWay = 0;

  constructor(run: NotifyRun, secondary: Secondary, source: string | undefined) {
    this.#run = run;
    this.#secondary = secondary;
    this.#source = source;
    run.signal.addEventListener('abort', () => this.#waiting.clear(), { once: true });
  }

  /**
   * Sends the notify of this zone, up to three times; one that waits its turn already is not sent twice. Resolves with the reason why it
   * was not accepted, as CoreDNS words it, or with undefined; never where the run ends before.
   */
  notify(zone: Name): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const earlier = this.#waiting.get(zone.key);
    this.#waiting.set(zone.key, { zone, ended: resolve });
    earlier?.ended(undefined);
    this.#next();
    return promise;
  }
  #next(): void {
    for (const [key, { zone, ended }] of this.#waiting) {
      if (this.#underWay === AT_ONCE) return;
      this.#waiting.delete(key);
      this.#underWay++;
      void this.#tell(zone).then((error) => {
        this.#underWay--;
        ended(error);
        this.#next();
      });
    }
  }

  /** CoreDNS tries again at once after an answer that it does not like. */
  async #tell(zone: Name): Promise<string | undefined> {
    const question = { name: zone, type: TYPE.SOA, class: CLASS.IN };
    const packet = encodeMessage(message({ id: this.#ids.next(), opcode: OPCODE.NOTIFY, flags: AA, question }), { compress: false });
    let why = '';
    for (let tries = TRIES; tries > 0; tries--) {
      try {
        const rcode = await this.#exchange(packet);
        if (rcode === RCODE.NOERROR) return undefined;
        why = `rcode was ${quoted(rcodeName(rcode))}`;
      } catch (error) {
        why = quoted((error as Error).message);
      }
    }
    return `notify for zone ${quoted(zone.text)} was not accepted by ${quoted(this.#secondary.text)}: ${why}`;
  }

  /** The rcode of the answer. Rejects with an Error in Go's words; does neither where the run ends before. */
  #exchange(packet: Uint8Array): Promise<number> {
    const { clock, datagrams, signal } = this.#run;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return;
      const to = this.#peer();
      let socket: DatagramSocket | undefined;
      let cancel = (): void => {};
      const end = (): void => {
        signal.removeEventListener('abort', end);
        cancel();
        socket?.close();
      };
      const fail = (code: string): void => {
        end();
        reject(readError('udp', joinHostPort(localAddress(to), socket?.localPort ?? 0), to, code));
      };
      try {
        socket = datagrams.open(to, (bytes, _, at, length) => {
          const rcode = acceptedRcode(packet, bytes.subarray(at, at + length));
          if (rcode === undefined) return;
          end();
          resolve(rcode);
        }, fail);
      } catch (error) {
        throw this.#unopened(to, (error as NodeJS.ErrnoException).code ?? String(error));
      }
      signal.addEventListener('abort', end, { once: true });
      cancel = clock.after(PATIENCE, () => fail('timeout'));
      socket.bytes.set(packet, socket.write(packet.length));
    });
  }
  /** Throws Go's text for a port that is none. */
  #peer(): DatagramPeer {
    const { address, port } = this.#secondary;
    if (!/^\d+$/.test(port)) throw new Error(`dial udp: lookup udp/${port}: unknown port`);
    if (Number(port) > 65535) throw new Error(`dial udp: address ${port}: invalid port`);
    const source = this.#source;
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
