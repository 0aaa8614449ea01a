// *tsig* validates the signatures of requests and signs the replies (RFC 8945). Knows what has to be signed and by whom; how is tsig/'s.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { Keys } from '../../authority/keys.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Seal } from '../../kernel/query/seal.ts';
import { SignatureChecks } from '../../kernel/query/signature.ts';
import type { Signature, SignatureCheck } from '../../kernel/query/signature.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { quoted } from '../../wording/quote.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { keyNamed } from '../../tsig/key.ts';
import type { Key } from '../../tsig/key.ts';
import { readTsig, tsigLength, writeTsig } from '../../tsig/record.ts';
import type { TsigRecord } from '../../tsig/record.ts';
import { FUDGE, Signer, check, errorName } from '../../tsig/signature.ts';
import type { Verdict } from '../../tsig/signature.ts';
import { readConfig } from './config.ts';
import type { Config, Required } from './config.ts';

/** Milliseconds between two lines about signatures that are not accepted: anybody can send them. */
const SILENCE = 60_000;
const FAMILIES = {
  failures: counter('coredns_tsig_failures_total', 'Counter of requests whose signature was not accepted.', ['server', 'error']),
  unsigned: counter('coredns_tsig_unsigned_total', 'Counter of requests refused because they were not signed.', ['server']),
};

/** What was found out about a request: it goes along as its signature. */
interface Checked extends Signature {
  readonly verdict: Verdict;
  readonly record: TsigRecord;
  readonly now: () => number;
}

/** The TSIG record of a reply, whole. */
function sealOf({ verdict: { key, algorithm, error }, record, now }: Checked): Seal {
  const signer = new Signer({
    key: key!, names: record, request: record.mac, binding: key!.bound ?? { algorithm: algorithm!, size: algorithm!.size },
  });
  // Who has another time is told ours, at his time (RFC 8945 section 5.2.3).
  const other = new Uint8Array(error === RCODE.BADTIME ? 6 : 0);
  if (error === RCODE.BADTIME) {
    setU16(other, 0, Math.floor(now() / 0x1_0000_0000));
    new DataView(other.buffer).setUint32(2, now() % 0x1_0000_0000);
  }
  return {
    room: signer.room(other.length),
    seal(message) {
      message.ensure(signer.room(other.length));
      const time = error === RCODE.BADTIME ? record.time : now();
      message.length = signer.sign(message.bytes, message.at, message.length, time, error, other);
    },
  };
}
/** Says what is wrong without a MAC: there is nothing to sign with (section 5.3.2). */
function unsignedSeal({ key, algorithm, originalId }: Pick<TsigRecord, 'key' | 'algorithm' | 'originalId'>, error: number): Seal {
  const room = tsigLength(key, algorithm, 0);
  return {
    room,
    seal(message: Message) {
      message.ensure(room);
      setU16(message.bytes, message.at + 10, message.additionals + 1);
      const fields = { key, algorithm, time: 0, fudge: FUDGE, originalId, error };
      message.length = writeTsig(message.bytes, message.at + message.length, fields) - message.at;
    },
  };
}

class Signatures implements Part, SignatureCheck {
  readonly rehearsal = 'as served';
  readonly metadata = { 'tsig/key': ({ journey: { signature } }: Query) => (signature?.error === 0 ? signature.key : undefined) };
  readonly #config: Config;
  #clock!: Clock;
  #log!: Log;
  /** When a line was last written, and what was not told since. */
  #said = -Infinity;
  #untold = 0;
  #metrics!: Metrics;

  constructor(config: Config) {
    this.#config = config;
  }
  start({ clock, metrics, log }: Run): void {
    this.#clock = clock;
    this.#log = log.prefix('tsig');
    this.#metrics = metrics;
  }

  /** Keys hold for every block of the server (TR-7). */
  check(query: Query): Checked | undefined {
    const { bytes, at, length, signedAt } = query;
    const record = readTsig(bytes, at, length, at + signedAt);
    const key: Key | undefined = record === undefined ? undefined : keyNamed(this.#config.keys, record.key);
    if (key === undefined) return undefined;
    const now = (): number => Math.floor(this.#clock.wall() / 1000);
    const verdict = check(bytes, at, at + signedAt, record!, key, now());
    const { mac, time, fudge } = record!;
    return { key: key.name.text, error: verdict.error, mac, until: time + fudge, verdict, record: record!, now };
  }

  handle(query: Query, next: Handler): Answer {
    const { zones, types, opcodes } = this.#config;
    if (!zones.everything && zones.match(query.name) === undefined) return next(query);
    const { signature } = query.journey;
    if (query.signedAt === 0) {
      // What a signed question leads to is signed as well.
      if (signature?.error === 0 || (!requires(types, query.type) && !requires(opcodes, query.opcode))) return next(query);
      this.#metrics.values[this.#metrics.family(FAMILIES.unsigned).cell([query.channel.service.label])]!++;
      query.extendedError = { code: INFO_CODE.PROHIBITED, text: 'the question is not signed' };
      return query.begin(0, RCODE.REFUSED);
    }
    const checked = signature as Checked | undefined;
    if (checked?.error !== 0) return this.#refuse(query, checked);
    query.seal = sealOf(checked);
    strip(query);
    return next(query);
  }

  #refuse(query: Query, checked: Checked | undefined): Answer {
    const error = checked?.error ?? RCODE.BADKEY;
    const name = errorName(error);
    this.#metrics.values[this.#metrics.family(FAMILIES.failures).cell([query.channel.service.label, name])]!++;
    this.#say(query, name);
    if (error === RCODE.FORMERR) return query.begin(0, RCODE.FORMERR);
    query.extendedError = { code: INFO_CODE.PROHIBITED, text: `the signature is not accepted: ${name}` };
    const record = checked?.record ?? readTsig(query.bytes, query.at, query.length, query.at + query.signedAt);
    if (record === undefined) return query.begin(0, RCODE.FORMERR);
    const signed = error === RCODE.BADTIME || error === RCODE.BADTRUNC;
    query.seal = signed ? sealOf(checked!) : unsignedSeal(record, error);
    return query.begin(0, RCODE.NOTAUTH);
  }
  #say({ clientAddress, name }: Query, error: string): void {
    const now = this.#clock.monotonic();
    if (now - this.#said < SILENCE) return void this.#untold++;
    const more = this.#untold === 0 ? '' : `; ${this.#untold} more since the last such line`;
    this.#log.warning(`the signature of ${clientAddress} for ${quoted(name.text)} is not accepted: ${error}${more}`);
    this.#said = now;
    this.#untold = 0;
  }
}
const requires = (required: Required, number: number): boolean => required === 'all' || required.has(number);
/** What goes on has no signature: it would hold for these bytes alone. */
function strip(query: Query): void {
  const { bytes, at } = query;
  query.length = query.signedAt;
  query.signedAt = 0;
  setU16(bytes, at + 10, u16(bytes, at + 10) - 1);
}

export default definePlugin({
  name: 'tsig',
  metrics: FAMILIES,
  parse: readConfig,
  create(config, site) {
    const part = new Signatures(config);
    site.put(Keys, config.keys);
    site.put(SignatureChecks, part);
    return part;
  },
});
