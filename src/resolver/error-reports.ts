// What is wrong with a zone, told to whom its servers name (RFC 9567): the agent, and the name that is asked for there. Knows options and
// names; asks nobody.
import { OPTION, findOption } from '../dns/edns-options.ts';
import { Name } from '../dns/name.ts';
import type { Edns } from '../dns/opt.ts';
import type { Question } from '../dns/parts.ts';

/** The agent that a server names; undefined for none, and for the root, which is nobody's (section 6.1). */
export function agentIn(edns: Edns | undefined): Name | undefined {
  const option = findOption(edns, OPTION.REPORTING);
  if (option === undefined || option.data.length < 3) return undefined;
  try {
    return Name.read(option.data, 0);
  } catch {
    return undefined;
  }
}
/** The name whose TXT records tell an agent of an error (section 6.1.1); undefined where it would be too long, or the error is its own. */
export function reportName({ name, type }: Pick<Question, 'name' | 'type'>, code: number, agent: Name): Name | undefined {
  if (name.isUnder(agent)) return undefined;
  const asked = name.raw.length === 1 ? '' : `${name.text}`;
  return Name.maybe(`_er.${type}.${asked}${code}._er.${agent.text}`);
}
