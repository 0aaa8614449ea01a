// Questions of a plugin's own to another server, as promises. Knows one server; knows nothing of why it is asked.
import { parseAddress } from '../dns/address.ts';
import { splitHostPort } from '../dns/host-port.ts';
import { decodeMessage } from '../dns/message.ts';
import type { Name } from '../dns/name.ts';
import { TC } from '../dns/parts.ts';
import type { Parts } from '../dns/parts.ts';
import { PORT } from '../dns/port.ts';
import { every } from '../kernel/clock.ts';
import type { Run as KernelRun } from '../kernel/site/plugin.ts';
import { ask, makeQuestion } from '../upstream/ask.ts';
import { ExchangeError } from '../upstream/asking.ts';
import { DEFAULT_POOL, UNCOUNTED } from '../upstream/pool-settings.ts';
import type { Question } from '../upstream/question.ts';
import { RandomIds } from '../upstream/random-ids.ts';
import { Timers } from '../upstream/timers.ts';
import { Upstream } from '../upstream/upstream.ts';
import { quoted } from '../wording/quote.ts';
import type { Run } from './plugin.ts';

/** A numeric address and a port. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** Reads `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`; port 53 where there is none. Throws Error where it is none of these. */
export function readPeer(text: string): Peer {
  if (parseAddress(text) !== undefined) return { address: text, port: PORT.dns };
  const { host, port } = splitHostPort(text);
  const isPort = /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65536;
  if (parseAddress(host) === undefined || !isPort) throw new Error(`${quoted(text)} is no address with a port`);
  return { address: host, port: Number(port) };
}

/** Asks one server, with sockets and ids that nobody can guess. It ends with the load that it was opened for. */
export class Asker {
  readonly #upstream: Upstream;

  /** `timeout`: milliseconds in which a reply has to come, 2000 where it is not given. */
  constructor(run: Run, to: Peer, { timeout = DEFAULT_POOL.readTimeout }: { readonly timeout?: number } = {}) {
    const { datagrams, clock, signal, report } = run as unknown as KernelRun;
    const upstream = new Upstream({
      to, datagrams, timers: new Timers(clock), ids: new RandomIds(), settings: { ...DEFAULT_POOL, readTimeout: timeout },
      counter: UNCOUNTED,
    });
    this.#upstream = upstream;
    every(clock, DEFAULT_POOL.expire, signal, report, () => upstream.sweep(clock.monotonic()));
    signal.addEventListener('abort', () => upstream.close(), { once: true });
  }

  /** The reply, whatever its rcode; over TCP where it is too long for UDP. Rejects with an Error whose `code` says why nothing came. */
  async ask(name: Name, type: number): Promise<Parts> {
    const question = makeQuestion(name, type, true);
    const reply = await this.#once(question, 'udp');
    return (reply.flags & TC) === 0 ? reply : this.#once(question, 'tcp');
  }
  async #once(question: Question, network: 'udp' | 'tcp'): Promise<Parts> {
    const bytes = await ask(this.#upstream, question, network);
    if (bytes === undefined) throw new ExchangeError(`${this.#upstream.name} answered another question`, 'mismatch');
    return decodeMessage(bytes);
  }
}
