// What rules can ask of a question and its answer: variables by name, all of them texts as in CoreDNS's external plugin (ecosystem 5.1),
// and functions. Knows queries and replies; knows no rule.
import { inPrefix, liesInPrefix, parseAddress, parseCIDR, printAddress, unmap } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { findOption } from '../../dns/edns-options.ts';
import { u16 } from '../../dns/packet.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import type { RuleFunction, Value, Variable } from '../../govaluate/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { Metadata } from '../../kernel/query/metadata.ts';
import type { Provider } from '../../kernel/query/metadata.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { lowerName, queryFunctions } from '../../kernel/query/query-functions.ts';
import type { Facts, PolicyEngine } from '../../policy/engine.ts';

/** The code of the option in which routers put the hardware address of a client. */
const MAC = 65001;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const FLAGS = ['qr', 'aa', 'tc', 'rd', 'ra', 'z', 'ad', 'cd'];
const NO_PROVIDERS: ReadonlyMap<string, Provider> = new Map();

/** One question while rules look at it. An object serves many, one after the other, where no rule waits. */
export class Asked implements Facts {
  query!: Query;
  /** The answer's rcode, -1 before there is one; the reply itself where one was written. */
  rcode = -1;
  reply: Message | undefined = undefined;
  readonly clock: Clock;
  #name: string | undefined = undefined;
  #client: string | undefined = undefined;
  readonly kept = new Map<PolicyEngine, unknown>();

  constructor(clock: Clock) {
    this.clock = clock;
  }
  get isAnswered(): boolean {
    return this.rcode >= 0;
  }
  /** The name and the client's address as texts, made when a rule first asks: many do. */
  get name(): string {
    return (this.#name ??= lowerName(this.query));
  }
  get client(): string {
    return (this.#client ??= bracketed(this.query.clientAddress));
  }
  ask(query: Query): this {
    this.#begin(query);
    this.rcode = -1;
    this.reply = undefined;
    return this;
  }
  answered(query: Query, rcode: number, reply: Message | undefined): this {
    this.#begin(query);
    this.rcode = rcode;
    this.reply = reply;
    return this;
  }
  #begin(query: Query): void {
    this.query = query;
    this.#name = undefined;
    this.#client = undefined;
  }
  value(name: string): string {
    return variableOf(name).read(this);
  }
  /** Remembers something for later rules, for the log and for whoever else reads labels. */
  tag(name: string, value: string): void {
    const { journey } = this.query;
    (journey.metadata ??= new Metadata(NO_PROVIDERS)).set(`tag/${name}`, value);
  }
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const base = queryFunctions();
const plain = (name: string) => (asked: Asked): string => String(base[name]!.call(asked, ...([] as never[])));
const text = (read: (asked: Asked) => string): Variable<Asked> => ({ read });
const number = (read: (asked: Asked) => string): Variable<Asked> => ({ read, numeric: true });

/** The bits of a reply's header that are set. */
function flagsOf({ reply }: Asked): string {
  if (reply === undefined) return '';
  const { bytes, at } = reply;
  const bits = ((bytes[at + 2]! & 0x80) | ((bytes[at + 2]! & 7) << 4) | (bytes[at + 3]! >> 4)) & 0xff;
  return FLAGS.filter((_, i) => (bits & (0x80 >> i)) !== 0).join(',');
}
/** The addresses of the answer section: the first one, or all. */
function addressesOf({ reply }: Asked, most: number): string[] {
  const found: string[] = [];
  if (reply === undefined || reply.answers === 0) return found;
  const records = reply.records();
  for (let r = 0; records !== undefined && r < records.authority && found.length < most; r++) {
    const fixed = records.fixedAt[r]!;
    const type = u16(reply.bytes, fixed);
    const size = u16(reply.bytes, fixed + 8);
    const fits = (type === TYPE.A && size === 4) || (type === TYPE.AAAA && size === 16);
    if (fits) found.push(bracketed(printAddress(reply.bytes.subarray(fixed + 10, fixed + 10 + size))));
  }
  return found;
}
function optionText({ query }: Asked, code: number, separator: string): string {
  const data = query.optAt === 0 ? undefined : findOption(query.edns, code)?.data;
  return data === undefined ? '' : Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join(separator);
}
const two = (value: number): string => String(value).padStart(2, '0');

const VARIABLES: ReadonlyMap<string, Variable<Asked>> = new Map<string, Variable<Asked>>([
  ['type', text(({ query }) => typeName(query.type))],
  ['name', text(({ name }) => name)], ['class', text(plain('class'))], ['proto', text(plain('proto'))],
  ['size', number(plain('size'))], ['client_ip', text(({ client }) => client)], ['port', number(plain('port'))],
  ['server_ip', text((asked) => bracketed(plain('server_ip')(asked)))], ['server_port', number(plain('server_port'))],
  ['>id', number(plain('id'))], ['>opcode', number(plain('opcode'))], ['>do', text(plain('do'))], ['>bufsize', number(plain('bufsize'))],
  ['rcode', text(({ rcode }) => (rcode < 0 ? '' : rcodeName(rcode)))],
  ['rsize', number(({ reply }) => (reply === undefined ? '' : String(reply.plainLength)))],
  ['>rflags', text(flagsOf)],
  ['response_ip', text((asked) => addressesOf(asked, 1)[0] ?? '')],
  ['response_ips', text((asked) => {
    const all = addressesOf(asked, 4096);
    return all.length === 0 ? '' : JSON.stringify(all);
  })],
  // Ours.
  ['time', text(({ clock }) => {
    const now = new Date(clock.wall());
    return `${two(now.getHours())}:${two(now.getMinutes())}`;
  })],
  ['weekday', text(({ clock }) => DAYS[new Date(clock.wall()).getDay()]!)],
  ['mac', text((asked) => optionText(asked, MAC, ':'))],
]);
/** The variables by name, without labels. */
export const VARIABLE_NAMES: readonly string[] = [...VARIABLES.keys()];

/** What a name stands for: a variable, an option of the request (`edns/CODE`), or a label. */
export function variableOf(name: string): Variable<Asked> {
  const known = VARIABLES.get(name);
  if (known !== undefined) return known;
  const code = /^edns\/(\d{1,5})$/.exec(name)?.[1];
  return code === undefined ? text(({ query }) => query.label(name) ?? '') : text((asked) => optionText(asked, Number(code), ''));
}

/** An address as rules have it, which may stand in brackets. Throws Error where it is none. */
function addressFrom(value: Value): Uint8Array {
  const written = typeof value === 'string' ? value : '';
  const parsed = parseAddress(written.startsWith('[') && written.endsWith(']') ? written.slice(1, -1) : written);
  if (parsed === undefined) throw new Error(`incidr: '${String(value)}' is no address`);
  return unmap(parsed);
}
function networkFrom(value: Value): CIDR {
  const network = typeof value === 'string' ? parseCIDR(value) : undefined;
  if (network === undefined) throw new Error(`incidr: '${String(value)}' is no network such as 192.0.2.0/24`);
  return network;
}
/** `incidr(ADDRESS, NETWORK)`: the client's own address is compared where it lies, any other one is read. */
function inCidr({ query, client }: Asked, value: Value, { network, bits }: CIDR): boolean {
  if (value === client) return liesInPrefix(query.bytes, query.clientAt, query.clientLength, network, bits);
  // Of an answer without addresses: in no network.
  return value !== '' && inPrefix(addressFrom(value), network, bits);
}
const INCIDR: RuleFunction<Asked> = {
  parameters: 2, result: 'bool', call: (asked, value, network) => inCidr(asked, value, networkFrom(network)),
  prepare([value, network]) {
    if (value !== undefined && value !== '') addressFrom(value);
    if (network === undefined) return INCIDR.call;
    const known = networkFrom(network);
    return (asked, each) => inCidr(asked, each, known);
  },
};
function integerOf(value: Value): number {
  if (typeof value !== 'string' || !/^[+-]?\d{1,19}$/.test(value)) throw new Error(`atoi: '${String(value)}' is no whole number`);
  return Number(value);
}
const ATOI: RuleFunction<Asked> = {
  parameters: 1, result: 'number', call: (_, value) => integerOf(value),
  prepare([value]) {
    if (value !== undefined) integerOf(value);
    return ATOI.call;
  },
};
/** The functions of rules; `random` is a number from 0 to 1. */
export const FUNCTIONS: ReadonlyMap<string, RuleFunction<Asked>> = new Map<string, RuleFunction<Asked>>([
  ['atoi', ATOI], ['incidr', INCIDR],
  ['random', { parameters: 0, result: 'number', call: () => Math.random() }],
]);
