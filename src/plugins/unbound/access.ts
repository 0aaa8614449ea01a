// Who may ask, as an unbound.conf says it: the nearest network decides. Knows addresses and flags; knows no query.
import type { CIDR } from '../../dns/address.ts';
import { nearestOf } from '../../resolver/nearest.ts';

/** What is done with a client: `allow` is for those that wish for recursion, `setrd` for all, `snoop` too. */
export type AccessAction = 'deny' | 'refuse' | 'allow' | 'setrd' | 'snoop';

const ACTIONS: ReadonlyMap<string, AccessAction> = new Map<string, AccessAction>([
  ['deny', 'deny'], ['refuse', 'refuse'], ['allow', 'allow'], ['allow_setrd', 'setrd'], ['allow_snoop', 'snoop'], ['allow_cookie', 'allow'],
  ['deny_non_local', 'deny'], ['refuse_non_local', 'refuse'],
]);
/** The action of a word; undefined where it is none. */
export const accessAction = (word: string): AccessAction | undefined => ACTIONS.get(word);

/** Networks and what is done with clients in them. */
export class AccessList {
  readonly #rules: readonly { readonly network: CIDR; readonly action: AccessAction }[];

  /** Without rules everybody may ask: who else may is for *acl* to say. */
  constructor(rules: readonly { readonly network: CIDR; readonly action: AccessAction }[]) {
    this.#rules = rules;
  }
  /** What is done with a client at this address. Where there are rules, whom none names is refused, but for this machine itself. */
  of(address: Uint8Array): AccessAction {
    if (this.#rules.length === 0) return 'allow';
    return nearestOf(this.#rules, address)?.action ?? (isLoopback(address) ? 'allow' : 'refuse');
  }
}
const isLoopback = (address: Uint8Array): boolean =>
  (address.length === 4 ? address[0] === 127 : address.every((octet, i) => octet === (i === 15 ? 1 : 0)));
