// What a server's reply is: an answer, an alias, a denial, a referral, or the reply of a server that does not have the zone. Knows one
// scrubbed reply; knows no server.
import type { Name } from '../dns/name.ts';
import { AA, RA } from '../dns/parts.ts';
import type { Question } from '../dns/parts.ts';
import type { Delegation } from './delegation.ts';
import { RCODE } from '../dns/rcode.ts';
import { TYPE } from '../dns/type-name.ts';
import type { Scrubbed } from './scrub.ts';

/** `lame`: it does not have the zone; `hearsay`: it tells what others say; `useless`: it could not say. */
export type ReplyKind = 'answer' | 'alias' | 'nodata' | 'nxdomain' | 'referral' | 'lame' | 'hearsay' | 'useless';
/** What the question led to. */
export type Said = Exclude<ReplyKind, 'lame' | 'hearsay' | 'useless'>;

/** Of a reply of a server for `zone`; recursive ones answer from what others said, those of hints perhaps. */
export function kindOf(reply: Scrubbed, question: Question, { zone, source }: Pick<Delegation, 'zone' | 'source'>): ReplyKind {
  const recursive = source === 'forward' || source === 'hints';
  const { rcode, flags } = reply.parts;
  if (reply.tooLong) return 'alias';
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return 'useless';
  const { isAlias } = reply;
  if (rcode === RCODE.NXDOMAIN) return isAlias ? 'alias' : isNonsense(reply, recursive, zone) ? 'hearsay' : 'nxdomain';
  const isAnswered = reply.answer.some(({ type, name }) => name.equals(question.name)
    && (type === question.type || (question.type === TYPE.ANY && type !== TYPE.RRSIG)));
  if (isAlias) return 'alias';
  const isOwn = (flags & AA) !== 0 || recursive || (flags & RA) === 0 || question.type === TYPE.ANY;
  if (isAnswered) return isOwn ? 'answer' : 'hearsay';
  return silentKind(reply, question, zone, source);
}
/** NXDOMAIN of a server that neither has the zone nor resolves. */
const isNonsense = ({ parts: { flags }, authority }: Scrubbed, recursive: boolean, zone: Name): boolean =>
  !recursive && (flags & AA) === 0 && (flags & RA) !== 0 && !authority.some(({ type, name }) => type === TYPE.SOA && name.isUnder(zone));

/** Without an answer. */
function silentKind(reply: Scrubbed, question: Question, zone: Name, source: Delegation['source']): ReplyKind {
  const recursive = source === 'forward' || source === 'hints';
  const { flags } = reply.parts;
  const { authority } = reply;
  if (authority.some(({ type }) => type === TYPE.SOA)) return 'nodata';
  const cut = cutOf(reply, question.name);
  if (cut !== undefined) {
    const isBelow = !cut.equals(zone) && cut.isUnder(zone);
    // The parent alone knows of a DS: who refers to the very name is asked for what it does not have.
    if (isBelow && question.type === TYPE.DS && cut.equals(question.name)) return 'nodata';
    // Who was asked to resolve and points elsewhere has nothing.
    if (isBelow) return source === 'forward' ? 'nodata' : 'referral';
    if (!recursive && ((flags & AA) === 0 || !cut.isUnder(zone))) return 'lame';
    // Who resolves does not point upwards.
    if (source === 'forward' && (flags & AA) === 0 && !cut.isUnder(zone)) return 'useless';
  } else if ((flags & AA) === 0 && !recursive && reply.parts.authority.some(({ type }) => type === TYPE.NS)) return 'lame';
  return (flags & AA) === 0 && (flags & RA) !== 0 && !recursive ? 'hearsay' : 'nodata';
}
/** The owner of the NS set that is nearest to the name. */
export function cutOf({ authority }: Scrubbed, name: Name): Name | undefined {
  let cut: Name | undefined;
  for (const rr of authority) {
    if (rr.type === TYPE.NS && name.isUnder(rr.name) && (cut === undefined || rr.name.labels > cut.labels)) cut = rr.name;
  }
  return cut;
}
