// The SOA record of a zone whose records are computed (KEXT-2, K8S-13). Knows its numbers; knows no source.
import { writeLatin1 } from '../dns/latin1.ts';
import { setU32 } from '../dns/packet.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Message } from '../kernel/query/message.ts';
import { hasRoom, record, recordOf } from './records.ts';
import type { ServedZone } from './served-zones.ts';


/** What the SOA records of one source have in common. */
export interface SoaForm {
  /** Labels before the zone in the name of the primary server and in the mailbox, as wire text. */
  readonly primary: string;
  readonly mailbox: string;
  /** Seconds: such a record lives no longer than this, whatever the TTL of the zone. */
  readonly longest: number;
  /** Whether the zone is in lower case however it was asked for. */
  readonly folded: boolean;
  /** Seconds (RFC 1035 section 3.3.13). MINIMUM is the TTL of the source. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
}

/** The SOA records of a source. */
export interface Soa {
  readonly form: SoaForm;
  /** That of a zone now. */
  serial(zone: ServedZone): number;
}

/**
 * Writes the SOA of a zone: one that begins so many bytes into the message (so in the question), or that stands nowhere in it. Returns by
 * how much the record would be longer without pointers.
 */
export function writeSoa(
  reply: Message, section: number, zone: number | Uint8Array, zoneLength: number, ttl: number, serial: number, form: SoaForm,
): number {
  const { primary, mailbox, longest, refresh, retry, expire } = form;
  const size = primary.length + mailbox.length + 4 + 20;
  if (!hasRoom(reply, (typeof zone === 'number' ? 2 : zoneLength) + 10 + size)) return 0;
  const zoneAt = typeof zone === 'number' ? zone : reply.length;
  const life = Math.min(ttl, longest);
  const to = typeof zone === 'number' ? record(reply, section, zone, TYPE.SOA, life, size)
    : recordOf(reply, section, zone, TYPE.SOA, life, size);
  const { bytes } = reply;
  const numbers = under(bytes, under(bytes, to, primary, zoneAt), mailbox, zoneAt);
  setU32(bytes, numbers, serial);
  setU32(bytes, numbers + 4, refresh);
  setU32(bytes, numbers + 8, retry);
  setU32(bytes, numbers + 12, expire);
  setU32(bytes, numbers + 16, ttl);
  return (typeof zone === 'number' ? 3 : 2) * (zoneLength - 2);
}
/** Writes labels and a pointer to what they are under. Returns where the next byte goes. */
function under(bytes: Uint8Array, to: number, labels: string, zoneAt: number): number {
  writeLatin1(labels, bytes, to);
  bytes[to + labels.length] = 0xc0 | (zoneAt >> 8);
  bytes[to + labels.length + 1] = zoneAt;
  return to + labels.length + 2;
}

/** The same as a record, for transfers. */
export function soaRecord(zone: Name, ttl: number, serial: number, form: SoaForm): RR {
  const { primary, mailbox, longest, refresh, retry, expire } = form;
  const names = primary + zone.raw + mailbox + zone.raw;
  const rdata = new Uint8Array(names.length + 20);
  writeLatin1(names, rdata, 0);
  [serial, refresh, retry, expire, ttl].forEach((value, i) => setU32(rdata, names.length + i * 4, value));
  return { name: zone, type: TYPE.SOA, class: CLASS.IN, ttl: Math.min(ttl, longest), rdata };
}
