// How a zone is had from its primaries: who they are, how much is taken, where it is kept. Knows values; knows no words that say them.
import type { DialSecurely } from '../../upstream/secure-dial.ts';
import type { DigestRule } from '../zone/digest-rule.ts';

/** A server that has the zone. */
export interface Primary {
  /** `192.0.2.1:53`, or `tls://192.0.2.1:853`. */
  readonly text: string;
  readonly address: string;
  readonly port: number;
  /** The address as clients' addresses are printed. */
  readonly client: string;
  /** What connections to it are begun with, where they are over TLS. */
  readonly secure?: DialSecurely;
  /** Changes where it has to be taken for another one: its address, and what it and we have to show. */
  readonly identity: string;
}
/** What is said of a zone, or of several. */
export interface TransferSettings {
  readonly primaries: readonly Primary[];
  /** What questions to primaries are signed with. */
  readonly key: string | undefined;
  readonly mostRecords: number;
  /** 0: ten times what the zone had, the first time 1 GiB. */
  readonly mostBytes: number;
  /** The most iterations of hashes (RFC 9276). */
  readonly mostIterations: number;
  /** The folder in which the zones are kept from one process to the next. */
  readonly snapshot: string | undefined;
  /** A master file that the zone is kept in instead, and may begin with. */
  readonly zonefile?: string | undefined;
  /** All primaries are asked, and the newest version is taken. */
  readonly isNewest: boolean;
  /** Primaries are asked for how long they may serve the zone themselves (RFC 7314). */
  readonly asksExpiry: boolean;
  /** What is done about the digest of its zones. */
  readonly digest: DigestRule;
  /** Each zone has numbers of its own, however many there are. */
  readonly allMetrics: boolean;
}
