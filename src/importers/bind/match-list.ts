// Address match lists of BIND (acl, allow-query, match-clients) as lines of *acl* and as expressions of *view*: the first element that fits
// counts. Knows networks and names of lists.
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import type { Line } from '../outcome.ts';
import type { Statement } from './tree.ts';

/** One element: networks, a list in a list, everybody, or a key. */
type Element = { readonly isNot: boolean }
  & ({ readonly networks: readonly string[] } | { readonly list: readonly Element[] } | { readonly key: string });

/** Lists by name, and the networks of the machine. */
export class MatchLists {
  readonly #lists = new Map<string, readonly Element[]>();
  readonly #local: readonly string[];

  constructor(local: readonly string[]) {
    this.#local = local;
  }
  /** Keeps `acl NAME { ... };`; a text where it cannot be kept. */
  define({ words: [, name = ''], body = [] }: Statement): string | undefined {
    const list = this.read(body);
    if (typeof list === 'string') return list;
    this.#lists.set(name, list);
    return undefined;
  }
  /** The elements of a list; a text where one of them cannot be told. */
  read(body: readonly Statement[]): readonly Element[] | string {
    const elements: Element[] = [];
    for (const { words, body: inner } of body) {
      const [first = '', ...rest] = words;
      const isNot = first.startsWith('!');
      const word = first === '!' ? rest[0] ?? '' : isNot ? first.slice(1) : first;
      const element = inner !== undefined ? this.#nested(inner) : word === 'key' ? { key: rest.at(-1) ?? '' } : this.#named(word);
      if (typeof element === 'string') return element;
      elements.push({ isNot, ...element });
    }
    return elements;
  }
  #nested(inner: readonly Statement[]): { readonly list: readonly Element[] } | string {
    const list = this.read(inner);
    return typeof list === 'string' ? list : { list };
  }
  #named(word: string): { readonly networks: readonly string[] } | { readonly list: readonly Element[] } | string {
    if (word === 'any') return { networks: ['0.0.0.0/0', '::/0'] };
    if (word === 'none') return { list: [{ isNot: true, networks: ['0.0.0.0/0', '::/0'] }] };
    if (word === 'localhost') return { networks: LOOPBACK };
    if (word === 'localnets') return { networks: [...LOOPBACK, ...this.#local] };
    const list = this.#lists.get(word);
    if (list !== undefined) return { list };
    const network = networkOf(word);
    return network === undefined ? `there is no acl ${word}` : { networks: [network] };
  }
}
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];
/** `10/8` is `10.0.0.0/8`. */
function networkOf(word: string): string | undefined {
  const octets = parseAddress(word);
  if (octets !== undefined) return `${word}/${octets.length * 8}`;
  const [, start = '', bits = ''] = /^(\d+(?:\.\d+){0,2})\/(\d+)$/.exec(word) ?? [];
  const whole = start === '' ? word : `${[...start.split('.'), '0', '0', '0'].slice(0, 4).join('.')}/${bits}`;
  return parseCIDR(whole) === undefined ? undefined : whole;
}

/** A list as lines of *acl*: whom none names is refused. A text where it cannot be one. */
export function aclLines(list: readonly Element[], refusal: 'block' | 'drop' = 'block'): Line[] | string {
  const inside: Line[] = [];
  const add = (elements: readonly Element[], isNot: boolean): string | undefined => {
    for (const [i, each] of elements.entries()) {
      if ('key' in each) return 'keys say who may transfer and update, not who may ask';
      if ('networks' in each) inside.push({ words: [each.isNot === isNot ? 'allow' : 'block', 'net', ...each.networks] });
      else if (each.isNot && each.list.some((inner) => inner.isNot)) return 'a list that says no in a list that says no';
      else if (each.list.some((inner) => inner.isNot)
        && i < elements.length - 1) return 'a list that says no to somebody, with others behind it';
      else {
        const wrong = add(each.list, each.isNot !== isNot);
        if (wrong !== undefined) return wrong;
      }
    }
    return undefined;
  };
  const wrong = add(list, false);
  if (wrong !== undefined) return wrong;
  if (inside[0]?.words.includes('0.0.0.0/0') === true && inside[0].words[0] === 'allow') return [];
  return [{ words: ['acl'], inside: [...inside, { words: [refusal] }] }];
}
/** Whom a list names, dropped; others go on. */
export function dropLines(list: readonly Element[]): Line[] | string {
  if (list.some((each) => each.isNot || !('networks' in each))) return 'who is not heard is a list of networks';
  const networks = list.flatMap((each) => ('networks' in each ? each.networks : []));
  return networks.length === 0 ? [] : [{ words: ['acl'], inside: [{ words: ['drop', 'net', ...networks] }] }];
}
/** A list as an expression; a text where it cannot be one comes as an error. */
export function expressionOf(list: readonly Element[]): { readonly text: string } | string {
  let text = 'false';
  for (const each of list.toReversed()) {
    if ('key' in each) return 'a view is chosen by addresses, not by a key';
    let fits: string;
    if ('networks' in each) fits = each.networks.includes('0.0.0.0/0') ? 'true' : each.networks.map((network) =>
      `incidr(client_ip(), '${network}')`).join(' || ');
    else {
      const inner = expressionOf(each.list);
      if (typeof inner === 'string') return inner;
      fits = inner.text;
    }
    text = fits === 'true' ? String(!each.isNot) : each.isNot ? `!(${fits}) && (${text})` : text === 'false' ? fits
      : `${fits} || (${text})`;
  }
  return { text };
}
/** The addresses and keys of a list that has nothing else, for transfers and updates. */
export function membersOf(list: readonly Element[]): { readonly networks: readonly string[]; readonly keys: readonly string[] } | string {
  const networks: string[] = [], keys: string[] = [];
  for (const each of list) {
    if ('list' in each && each.list.length === 1 && each.list[0]!.isNot) continue;
    if (each.isNot) return 'somebody is excepted';
    if ('key' in each) keys.push(each.key);
    else if ('networks' in each) networks.push(...each.networks);
    else {
      const inner = membersOf(each.list);
      if (typeof inner === 'string') return inner;
      networks.push(...inner.networks);
      keys.push(...inner.keys);
    }
  }
  return { networks, keys };
}
