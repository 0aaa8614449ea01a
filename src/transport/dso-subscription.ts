// One subscription of RFC 8765: which questions it is made of, and what its client was told of their answers. Knows records; knows neither
// the engine nor the connection.
import { ALL_GONE, GONE } from '../dns/dso.ts';
import type { DsoQuestion, PushedRecord } from '../dns/dso.ts';
import { latin1 } from '../dns/latin1.ts';
import { RD, encodeMessage, message } from '../dns/message.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';

/** What is watched where a client asks for all types of a name: those that names have, each asked for alone. */
const ALL_TYPES = [
  TYPE.A, TYPE.AAAA, TYPE.CNAME, TYPE.PTR, TYPE.SRV, TYPE.TXT, TYPE.HTTPS, TYPE.SVCB, TYPE.MX, TYPE.NS, TYPE.SOA, TYPE.NAPTR, TYPE.CAA,
  TYPE.TLSA, TYPE.SSHFP, TYPE.HINFO,
] as const;

/** One subscription. */
export class DsoSubscription {
  /** The id of the message that asked for it. */
  readonly id: number;
  readonly question: DsoQuestion;
  /** Its client knows that it stands. */
  isTold = false;
  /** When the client doubted it last, in milliseconds of the clock. */
  doubted = -Infinity;
  /** What each of its questions is answered with, by the engine's ids. */
  readonly parts = new Map<number, ReadonlyMap<string, PushedRecord>>();
  #known: ReadonlyMap<string, PushedRecord> = new Map();

  constructor(id: number, question: DsoQuestion) {
    this.id = id;
    this.question = question;
  }
  /** What makes two of them the same (RFC 8765 section 6.2.1). */
  static key({ name, type, class: of }: DsoQuestion): string {
    return `${name.key}/${type}/${of}`;
  }
  /** How many questions it is made of. */
  static size({ type }: DsoQuestion): number {
    return type === TYPE.ANY ? ALL_TYPES.length : 1;
  }
  /** Its questions as queries. */
  get packets(): readonly Uint8Array[] {
    const { name, type, class: of } = this.question;
    return (type === TYPE.ANY ? ALL_TYPES : [type]).map((each) => encodeMessage(message({
      flags: RD, question: { name, type: each, class: of === CLASS.ANY ? CLASS.IN : of },
    }), { compress: false }));
  }

  /** One of its questions has this answer: what is to be told of that. Records of other names, to which it led, are others' business. */
  take(part: number, answer: readonly RR[]): readonly PushedRecord[] {
    const { name } = this.question;
    const own = new Map<string, PushedRecord>();
    for (const { name: owner, type, class: of, ttl, rdata } of answer) {
      if (owner.key === name.key && type !== TYPE.RRSIG) {
        own.set(`${type}/${of}/${latin1(rdata, 0, rdata.length)}`, { name, type, class: of, ttl, rdata });
      }
    }
    this.parts.set(part, own);
    const all = new Map<string, PushedRecord>();
    for (const each of this.parts.values()) for (const [key, record] of each) all.set(key, record);
    const before = this.#known;
    this.#known = all;
    return changesOf(before, all);
  }
}

/** What differs: records that are gone first, sets of which nothing is left at once (RFC 8765 section 6.3.1). */
function changesOf(before: ReadonlyMap<string, PushedRecord>, after: ReadonlyMap<string, PushedRecord>): readonly PushedRecord[] {
  const set = ({ type, class: of }: PushedRecord): string => `${type}/${of}`;
  const left = new Set(Array.from(after.values(), set));
  const gone = new Map<string, PushedRecord>();
  for (const [key, record] of before) {
    if (after.has(key)) continue;
    if (left.has(set(record))) gone.set(key, { ...record, ttl: GONE });
    else gone.set(set(record), { ...record, ttl: ALL_GONE, rdata: new Uint8Array(0) });
  }
  const here = [...after].filter(([key, { ttl }]) => before.get(key)?.ttl !== ttl).map(([, record]) => record);
  return [...gone.values(), ...here];
}
