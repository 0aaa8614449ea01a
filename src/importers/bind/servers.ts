// Servers as BIND lists them: `primaries { 192.0.2.1 port 5353 key k; };`, lists of lists by name, forwarders. Knows addresses, ports and
// keys'
// names.
import { parseAddress } from '../../dns/address.ts';
import { named } from './tree.ts';
import type { Statement } from './tree.ts';

/** One server. */
export interface ServerAt {
  /** As a Corefile has it: with a port where it is not 53. */
  readonly place: string;
  readonly key: string | undefined;
}

/** Lists by name: `primaries NAME { ... };`. */
export class ServerLists {
  readonly #lists = new Map<string, Statement>();
  define(statement: Statement): void {
    this.#lists.set(statement.words[1] ?? '', statement);
  }
  /** The servers of a statement such as `forwarders`; a text where one of them cannot be told. */
  read(statement: Statement, depth = 0): ServerAt[] | string {
    const port = portIn(statement.words) ?? '53';
    const found: ServerAt[] = [];
    for (const { words } of statement.body ?? []) {
      const [address = '', ...rest] = words;
      if (rest.includes('tls')) return 'servers over TLS are said with tls:// here';
      const octets = parseAddress(address);
      const list = this.#lists.get(address);
      if (octets === undefined && (list === undefined || depth > 8)) return `${address} is no address`;
      if (octets === undefined) {
        const inner = this.read(list!, depth + 1);
        if (typeof inner === 'string') return inner;
        found.push(...inner);
        continue;
      }
      const own = portIn(words) ?? port;
      const place = own === '53' ? address : octets.length === 16 ? `[${address}]:${own}` : `${address}:${own}`;
      found.push({ place, key: rest.includes('key') ? rest[rest.indexOf('key') + 1] : undefined });
    }
    return found;
  }
}
const portIn = (words: readonly string[]): string | undefined => {
  const port = words.includes('port') ? words[words.indexOf('port') + 1] : undefined;
  return port !== undefined && /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65536 ? port : undefined;
};

/** Where a server listens: `listen-on`, `listen-on-v6`. */
export interface Listening {
  readonly port: string;
  /** None at all is everywhere. */
  readonly addresses: readonly string[];
}
/** What the options say of listening; a text where it cannot be told. */
export function listeningOf(options: readonly Statement[]): Listening | string {
  const ports = new Set<string>();
  const common = options.find(({ words: [word] }) => word === 'port')?.words[1] ?? '53';
  const of = (name: string): readonly string[] | string => {
    const lists = named(options, name);
    const addresses: string[] = [];
    for (const { words, body = [] } of lists) {
      if (words.includes('tls') || words.includes('http')) return 'write a block tls:// or https://, with tls';
      if (body.some(({ words: [word] }) => word !== 'none')) ports.add(portIn(words) ?? common);
      for (const { words: [word = ''] } of body) {
        if (word === 'any') addresses.push('any');
        else if (word === 'localhost') addresses.push(name === 'listen-on' ? '127.0.0.1' : '::1');
        else if (parseAddress(word) !== undefined) addresses.push(word);
        else if (word !== 'none') return `${word}: addresses are named whole: see bind`;
      }
    }
    return lists.length === 0 ? ['any'] : addresses;
  };
  const four = of('listen-on'), six = of('listen-on-v6');
  if (typeof four === 'string') return four;
  if (typeof six === 'string') return six;
  if (ports.size > 1) return 'one port for all addresses: write a block for each';
  const isEverywhere = four.includes('any') && six.includes('any');
  return { port: [...ports][0] ?? common, addresses: isEverywhere ? [] : [...four.map((each) => (each === 'any' ? '0.0.0.0' : each)),
    ...six.map((each) => (each === 'any' ? '::' : each))] };
}
