// Which way of keeping questions out of connection tracking a node takes. Knows the ways by their files.
import type { ErrorType } from './counts.ts';
import { IptablesRules } from './iptables-rules.ts';
import { NftRules } from './nft-rules.ts';
import type { RuleMode } from './options.ts';
import type { RuleSubject, Rules } from './rules.ts';

/** The way of a mode; undefined for none. `auto` is nft where it can be had, else iptables. Resolves with what failed where neither can. */
export async function chooseRules(mode: RuleMode, subject: RuleSubject): Promise<Rules | undefined | { type: ErrorType; said: string }> {
  if (mode === 'none') return undefined;
  if (mode === 'nft') return new NftRules(subject);
  if (mode === 'iptables') return new IptablesRules(subject);
  const nft = await subject.run('nft', ['list', 'tables']);
  if (nft.status === 0) return new NftRules(subject);
  const iptables = await subject.run(subject.isIPv6 ? 'ip6tables' : 'iptables', ['-w', '-t', 'raw', '-S', 'PREROUTING']);
  if (iptables.status === 0) return new IptablesRules(subject);
  return { type: 'nft', said: `neither nft (${nft.said}) nor iptables (${iptables.said}) can be used: -rules none says that nobody shall` };
}
