// Does what was decided: refusals, denials, redirections, each with an Extended DNS Error that says why (RFC 8914). Knows replies; knows no
// rule.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { record } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { RA } from '../../kernel/query/message.ts';
import { drop, failure, onReply } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { denied, redirected } from '../../policy/denial.ts';
import type { Decision, Redirection } from '../../policy/engine.ts';

/** Seconds that an alias of a redirection may be kept. */
const TTL = 10;
const CODES = { refuse: INFO_CODE.PROHIBITED, block: INFO_CODE.BLOCKED, redirect: INFO_CODE.FORGED_ANSWER } as const;

/** The outcome of a decision that is not to go on. */
export function obey(query: Query, { action, infoCode, reason = '', redirect, ttl = TTL }: Decision): Answer {
  if (action === 'drop' || action === 'allow') return drop();
  query.extendedError = { code: infoCode ?? CODES[action], text: reason };
  if (action === 'refuse') return query.begin(0, RCODE.REFUSED);
  if (action === 'block' || redirect === undefined) return denied(query, RCODE.NXDOMAIN);
  return redirect.name === undefined ? redirected(query, redirect.addresses) : aliased(query, redirect, ttl);
}
/** An alias of another name, and what this server says of that. */
function aliased(query: Query, { name = '' }: Redirection, ttl: number): Answer {
  const target = Name.wire(name);
  const alias = record(query.name, TYPE.CNAME, CLASS.IN, ttl, target.octets);
  if (query.name.equals(target)) return failure(RCODE.SERVFAIL, new Error(`a redirection of ${target.text} to itself`));
  if (query.type === TYPE.CNAME) return query.reply({ answer: [alias] });
  return onReply(query.resolve({ name: target }), (reply) => {
    const { rcode, answer, authority } = reply.parts();
    const made = query.reply({ rcode, answer: [alias, ...answer], authority });
    made.setFlags(RA);
    return made;
  }, query);
}
/** A rule that cannot be applied: nobody is let through, or kept out, by chance. */
export function failed(query: Query, error: unknown): Answer {
  query.extendedError = { code: INFO_CODE.OTHER, text: 'a rule of the firewall failed' };
  return failure(RCODE.SERVFAIL, error);
}
