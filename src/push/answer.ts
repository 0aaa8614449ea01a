// What an answer says, whatever order and spelling it says it in, as a digest by which two answers are compared, here or at another
// server. Knows messages of DNS; knows nothing of who asked.
import { decodeMessage } from '../dns/message.ts';
import type { RR } from '../dns/rr.ts';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { TYPE } from '../dns/type-name.ts';
import { cryptography } from '../secure/node.ts';

/** Octets of a digest. */
export const DIGEST = 16;

/** One answer. */
export interface ReadAnswer {
  readonly rcode: number;
  /** What it is known by: the same at any server that says the same. */
  readonly digest: Uint8Array;
  /** Signatures end, whether anything changes or not. */
  readonly signed: boolean;
  /** The least TTL, seconds; undefined where it has no records. */
  readonly ttl: number | undefined;
}

/**
 * Reads an answer; undefined where it cannot be read. TTLs count where `owned`: where a source here says them. What was kept has lower ones
 * each second. Of an SOA beside a denial only the owner and MINIMUM say anything of the name; its serial is another one at each change of
 * the zone.
 */
export function readAnswer(bytes: Uint8Array, owned: boolean): ReadAnswer | undefined {
  try {
    const { rcode, answer, authority, additional } = decodeMessage(bytes);
    let ttl = Infinity;
    let signed = false;
    const data = (records: readonly RR[]): readonly RR[] => records.filter(({ type }) => type !== TYPE.OPT);
    const section = (records: readonly RR[], isAuthority: boolean): string => data(records).map((record) => {
      ttl = Math.min(ttl, record.ttl);
      signed ||= record.type === TYPE.RRSIG;
      const rdata = isAuthority && record.type === TYPE.SOA ? record.rdata.subarray(-4) : record.rdata;
      const text = latin1(rdata, 0, rdata.length);
      return `${record.name.key}/${record.type}/${record.class}/${owned ? record.ttl : ''}/${text.length}/${text}`;
    }).sort().join('');
    const text = `${rcode}\n${section(answer, false)}\n${section(authority, true)}\n${section(additional, false)}`;
    const digest = cryptography().hash('sha256', latin1Bytes(text), 'buffer').subarray(0, DIGEST);
    return { rcode, digest, signed, ttl: ttl === Infinity ? undefined : ttl };
  } catch {
    return undefined;
  }
}
