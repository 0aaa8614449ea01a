// The lengths of digests, fingerprints and signatures, where the algorithm says it. Knows record data as octets, nothing of text.

import { TYPE } from '../dns/type-name.ts';

/** Octets of a DS digest by its type (RFC 4034, 4509, 5933, 6605). */
const DIGESTS: readonly number[] = [0, 20, 32, 32, 48];
/** Octets of a signature by its algorithm (RFC 6605, 8080). */
const SIGNATURES: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 64, 96, 64, 114];
/** Octets of a ZONEMD digest by its hash (RFC 8976 section 5.3). */
const ZONE_DIGESTS: readonly number[] = [0, 48, 64];
/** Octets of an SSH fingerprint by its kind (RFC 4255, 6594). */
const FINGERPRINTS: readonly number[] = [0, 20, 32];

function differs(expected: number | undefined, length: number, what: string): string | undefined {
  return expected === undefined || expected === 0 || expected === length ? undefined : `a ${what} of ${expected} octets, not ${length},`;
}

/**
 * What belongs in place of a digest or signature whose length is not that of its algorithm; undefined where all is well. Those of TLSA and
 * SMIMEA are not DNS's own: other servers load them with any length.
 */
export function wrongLength(type: number, data: Uint8Array, length: number): string | undefined {
  switch (type) {
    case TYPE.RRSIG: {
      let at = 18;
      while (data[at] !== 0) at += 1 + (data[at] as number);
      return differs(SIGNATURES[data[2] as number], length - at - 1, 'signature');
    }
    case TYPE.DS:
    case TYPE.CDS:
    case TYPE.DLV:
    case TYPE.TA: return differs(DIGESTS[data[3] as number], length - 4, 'digest');
    case TYPE.NSEC3: {
      const at = 5 + (data[4] as number);
      return data[0] === 1 ? differs(20, data[at] as number, 'hash') : undefined;
    }
    case TYPE.ZONEMD: return differs(ZONE_DIGESTS[data[5] as number], length - 6, 'digest');
    case TYPE.SSHFP: return differs(FINGERPRINTS[data[1] as number], length - 2, 'fingerprint');
    default: return undefined;
  }
}
