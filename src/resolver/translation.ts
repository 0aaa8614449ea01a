// IPv6 addresses for names that have IPv4 ones alone (RFC 6147), made of what a resolver finds. Knows answers and prefixes; asks by what it
// is handed.
import { embed, extract } from '../dns/embedded.ts';
import type { TranslationPrefix } from '../dns/embedded.ts';
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { addressOfReverse, reverseName } from '../dns/reverse.ts';
import { TYPE } from '../dns/type-name.ts';
import type { KeptSet } from './kept-set.ts';
import type { Resolved } from './resolved.ts';

/** How it is done. */
export interface TranslationSettings {
  readonly prefix: TranslationPrefix;
  /** Also for names that have IPv6 addresses. */
  readonly always: boolean;
  /** Names whose IPv6 addresses are of no use: others are made where there are IPv4 ones. */
  readonly ignored: readonly Name[];
}
/** Resolves a question. */
export type Ask = (question: Question) => Promise<Resolved>;

/** What is said to a question where a translator stands before the world of IPv4. */
export async function translated(question: Question, ask: Ask, settings: TranslationSettings): Promise<Resolved> {
  if (question.type === TYPE.PTR) return reversed(question, ask, settings);
  if (question.type !== TYPE.AAAA) return ask(question);
  const isIgnored = settings.ignored.some((zone) => question.name.isUnder(zone));
  const found = isIgnored ? undefined : await ask(question);
  if (found !== undefined && (found.rcode !== RCODE.NOERROR || (!settings.always && has(found, TYPE.AAAA)))) return found;
  const old = await ask({ ...question, type: TYPE.A });
  if (old.rcode === RCODE.SERVFAIL) return old;
  if (old.rcode !== RCODE.NOERROR || !has(old, TYPE.A)) return found ?? ask(question);
  const made = (set: KeptSet): KeptSet => ({
    ...set, type: TYPE.AAAA, data: set.data.map((address) => embed(settings.prefix, address)), signatures: [],
  });
  return { ...old, answer: old.answer.map((set) => (set.type === TYPE.A ? made(set) : set)) };
}
const has = ({ answer }: Resolved, wanted: number): boolean => answer.some(({ type }) => type === wanted);

/** The name of an address that was made is that of the address behind it (section 5.3.1). */
async function reversed(question: Question, ask: Ask, { prefix }: TranslationSettings): Promise<Resolved> {
  const address = addressOfReverse(question.name);
  const behind = address === undefined ? undefined : extract(prefix, address);
  if (behind === undefined) return ask(question);
  const name = reverseName(behind);
  const found = await ask({ ...question, name });
  return { ...found, security: 'insecure',
    answer: found.answer.map((set) => (set.name.equals(name) ? { ...set, name: question.name, signatures: [] } : set)) };
}
