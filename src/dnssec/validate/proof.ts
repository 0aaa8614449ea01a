// What proves that something does not exist: sets of NSEC or of NSEC3 whose signatures were found good, and what follows from them. Knows
// names and verdicts; the two kinds are in the files beside it.
import { Name } from '../../dns/name.ts';

/** An NSEC or NSEC3 set of one record. */
export interface Denial {
  readonly name: Name;
  readonly data: Uint8Array;
}

/**
 * `proven`, or `insecure`: there may be something there that nobody signed (opt-out, or more iterations than are counted); `missing`: it
 * does not follow.
 */
export type Proof = 'proven' | 'insecure' | 'missing';

/** What is known of a name where a zone might begin. */
export type CutProof = 'no cut' | 'unsigned cut' | 'no name' | 'insecure' | 'missing';

/** The longest name that both are under. */
export function commonAncestor(one: Name, other: Name): Name {
  let name = one;
  while (!other.isUnder(name)) name = name.parent!;
  return name;
}
/** The name with so many of its rightmost labels. */
export function rightmost(name: Name, labels: number): Name {
  let found = name;
  for (let more = name.labels - labels; more > 0; more--) found = found.parent!;
  return found;
}
/** `*` under a name; undefined where that would be too long. */
export function wildcardOf(name: Name): Name | undefined {
  return name.raw.length + 2 > 255 ? undefined : Name.wire(`\x01*${name.raw}`);
}
