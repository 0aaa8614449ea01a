// What a block does with UPDATEs of the zones of its registry: who may change what, and the answer. Knows messages, keys and rules; what
// becomes of them is main's, in store-updates.ts.
import { admitUpdates } from '../../../authority/updatable.ts';
import { grantsOf } from '../../../authority/update-rules.ts';
import type { UpdateRule } from '../../../authority/update-rules.ts';
import { OPTION } from '../../../dns/edns-options.ts';
import { INFO_CODE } from '../../../dns/extended-error.ts';
import { Name } from '../../../dns/name.ts';
import { RCODE, rcodeName } from '../../../dns/rcode.ts';
import { AA } from '../../../kernel/query/message.ts';
import type { Message } from '../../../kernel/query/message.ts';
import type { Answer, Outcome } from '../../../kernel/query/outcome.ts';
import type { Query } from '../../../kernel/query/query.ts';
import type { Site } from '../../../kernel/site/site.ts';
import { leaseOption } from './lease-option.ts';
import type { UpdateOrder, Updated } from './store-updates.ts';

/** With what it is done. */
export interface TakingParts {
  readonly zones: readonly Name[];
  readonly rules: readonly UpdateRule[];
  readonly bounds: UpdateOrder['bounds'];
  readonly ask: (order: UpdateOrder) => Promise<Updated>;
  readonly counted: (zone: string, rcode: string) => void;
  readonly failed: (error: unknown) => void;
}

/** From now on the block admits UPDATE for these zones. */
export function takeUpdates(site: Site, parts: TakingParts): void {
  admitUpdates(site, (query) => {
    const zone = parts.zones.find((each) => each.equals(query.name));
    return zone === undefined ? undefined : take(query, zone.folded.text, parts);
  });
}
function take(query: Query, zone: string, parts: TakingParts): Answer {
  const { signature } = query.journey;
  const refuse = (why: string): Answer => answered(query, zone, parts, { rcode: RCODE.REFUSED, lease: undefined, why });
  // A signature that is there still was looked at by no tsig of this block.
  if (signature?.error !== 0 || query.signedAt !== 0) return refuse('an update has to be signed');
  const grants = grantsOf(parts.rules, Name.parse(signature.key));
  if (grants === undefined) return refuse('the key may change nothing here');
  const { bytes, at, length } = query;
  const { key, mac, until } = signature;
  // A copy: the question may be given up, and its place be another's, before it is its turn.
  const order = { update: zone, packet: bytes.slice(at, at + length), signed: { key, mac, until }, grants, bounds: parts.bounds };
  return parts.ask(order).then((done) => answered(query, zone, parts, done), (error: unknown) => {
    parts.failed(error);
    return answered(query, zone, parts, { rcode: RCODE.SERVFAIL, lease: undefined });
  });
}
function answered(query: Query, zone: string, { counted }: TakingParts, { rcode, lease, why }: Updated): Outcome {
  counted(zone, rcodeName(rcode));
  if (why !== undefined) {
    query.extendedError = { code: rcode === RCODE.SERVFAIL ? INFO_CODE.OTHER : INFO_CODE.PROHIBITED, text: why };
  }
  const reply: Message = query.begin(AA, rcode);
  if (lease === undefined) return reply;
  const { udpSize, wantsDnssec } = query;
  const edns = reply.edns ?? { udpSize, version: 0, dnssecOk: wantsDnssec, z: 0, extendedRcode: 0, options: [] };
  reply.setEdns({ ...edns, options: [...edns.options.filter(({ code }) => code !== OPTION.UL), leaseOption(lease)] });
  return reply;
}
