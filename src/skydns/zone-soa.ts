// The SOA of a zone whose names are keys (ETCD-7). Knows its numbers; knows no store.
import { soaRecord } from '../authority/soa.ts';
import type { SoaForm } from '../authority/soa.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';

const FORM: SoaForm = {
  primary: '\x02ns\x03dns', mailbox: '\x0ahostmaster', longest: 300, folded: true, refresh: 7200, retry: 1800, expire: 86_400,
};
/** Seconds for which a denial holds. */
const DENIED = 30;

/** That of a zone with this serial. */
export const skydnsSoa = (zone: Name, serial: number): RR => soaRecord(zone, DENIED, serial, FORM);
