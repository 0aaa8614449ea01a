// UPDATEs for zones that a primary has (RFC 2136 section 6): the octets go there with their signature, and its answer comes back as it is.
// Knows messages as octets; judges nothing in them.
import { HEADER, setU16, u16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Clock } from '../../kernel/clock.ts';
import { TC } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { exchange } from '../../authority/pulling/exchange.ts';
import type { ExchangeParts } from '../../authority/pulling/exchange.ts';
import type { Primary } from '../../authority/pulling/settings.ts';
import { Turnstile } from '../../authority/pulling/turnstile.ts';

/** UPDATEs of a thread that are under way; more wait. */
const AT_ONCE = 100;
/** QR, the opcode and the rcode of an answer. */
const QR = 0x80, OPCODE_BITS = 0x78;

/** Passes UPDATEs on, for one thread and block. */
export class Forwarding {
  readonly #parts: ExchangeParts;
  readonly #log: Log;
  readonly #turnstile = new Turnstile(AT_ONCE, AT_ONCE);

  constructor(clock: Clock, log: Log) {
    // What is under way goes on over a reload.
    this.#parts = { clock, signal: new AbortController().signal };
    this.#log = log;
  }

  /** The answer of the first primary that gives one. Nothing that is not signed goes there: our address might be believed. */
  forward(query: Query, primaries: readonly Primary[]): Answer {
    if (query.journey.signature === undefined && query.signedAt === 0) {
      query.extendedError = { code: INFO_CODE.PROHIBITED, text: 'an update that is passed on has to be signed' };
      return query.begin(0, RCODE.REFUSED);
    }
    return this.#forward(query, asItCame(query), primaries);
  }
  async #forward(query: Query, packet: Uint8Array, primaries: readonly Primary[]): Promise<Outcome> {
    const zone = query.name.text;
    let why: unknown;
    for (const primary of primaries) {
      try {
        return answer(query, await this.#turnstile.pass(primary.text, () => this.#ask(primary, packet)));
      } catch (error) {
        why = error;
        const said = error instanceof Error ? error.message : String(error);
        this.#log.warning(`An update of ${zone} has no answer from ${primary.text}: ${said}`);
      }
    }
    query.extendedError = { code: INFO_CODE.NETWORK_ERROR, text: 'no primary answers' };
    return failure(RCODE.SERVFAIL, why);
  }
  async #ask(primary: Primary, packet: Uint8Array): Promise<Uint8Array> {
    let found = new Uint8Array(0);
    await exchange(primary, packet, (bytes) => {
      if (bytes.length < HEADER || u16(bytes, 0) !== u16(packet, 0)) throw new Error('what came is no reply to it');
      if ((bytes[2]! & (QR | OPCODE_BITS)) !== (QR | (packet[2]! & OPCODE_BITS))) throw new Error('what came is no reply to it');
      found = Uint8Array.from(bytes);
      return true;
    }, this.#parts);
    return found;
  }
}

/** The message with its signature, also where a *tsig* of the block has looked at that and taken it off. */
function asItCame({ bytes, at, length, signedAt, journey: { size } }: Query): Uint8Array {
  if (signedAt !== 0) return bytes.slice(at, at + length);
  const whole = bytes.slice(at, at + size);
  setU16(whole, 10, u16(whole, 10) + 1);
  return whole;
}
/** The octets as they are: whatever were done to them would make their signature wrong. What does not fit says so. */
function answer(query: Query, reply: Uint8Array): Outcome {
  const rcode = reply[3]! & 15;
  if (reply.length > query.limit) {
    query.seal = undefined;
    return query.begin(TC, rcode);
  }
  query.seal = {
    room: 0,
    seal(message) {
      message.ensure(reply.length);
      message.bytes.set(reply, message.at);
      message.length = reply.length;
    },
  };
  return query.begin(0, rcode);
}
