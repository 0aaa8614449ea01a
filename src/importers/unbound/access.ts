// Who may ask, as an unbound.conf says it, as lines of *acl*: there the first line that fits counts, in Unbound the nearest network. Knows
// networks.
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import type { Fate, Line } from '../outcome.ts';

const ACTIONS: Readonly<Record<string, { readonly action: string; readonly fate?: Fate }>> = {
  allow: { action: 'allow' }, deny: { action: 'drop' }, refuse: { action: 'block' },
  allow_snoop: { action: 'allow', fate: { note: 'who does not wish for recursion is refused' } },
  allow_setrd: { action: 'allow', fate: { note: 'who does not wish for recursion is refused' } },
  allow_cookie: { action: 'allow', fate: { note: 'cookies are asked of nobody: see cookies' } },
  deny_non_local: { action: 'drop', fate: { lost: 'local data is for whoever may ask' } },
  refuse_non_local: { action: 'block', fate: { lost: 'local data is for whoever may ask' } },
};

/** The rules of a file. */
export class AccessRules {
  readonly #rules: { readonly network: string; readonly bits: number; readonly action: string }[] = [];

  add(network: string, word: string): Fate | undefined {
    const octets = parseAddress(network);
    const cidr = parseCIDR(octets === undefined ? network : `${network}/${octets.length * 8}`);
    if (cidr === undefined) return { lost: `${network} is no network` };
    const known = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
    if (known === undefined) return { lost: `there is no action ${word}` };
    this.#rules.push({ network, bits: cidr.bits, action: known.action });
    return known.fate;
  }
  /** Where there are rules, whom none names is refused, but for this machine itself. */
  lines(): Line[] {
    if (this.#rules.length === 0) return [];
    const rules = [...this.#rules].sort((a, b) => b.bits - a.bits);
    const inside = rules.map(({ action, network }): Line => ({ words: [action, 'net', network] }));
    return [{ words: ['acl'], inside: [...inside, { words: ['allow', 'net', '127.0.0.0/8', '::1'] }, { words: ['block'] }] }];
  }
}
