// For whom an answer holds (RFC 7871): the client's network in a query and in a reply, and the keys of what is kept for one. Knows the
// option; keeps nothing.
import { OPTION, clientSubnet, readClientSubnet } from '../../dns/edns-options.ts';
import type { ClientSubnet } from '../../dns/edns-options.ts';
import { edns } from '../../dns/opt.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import { derive } from '../../kernel/query/derive.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Key } from '../../store/key.ts';

/** What an entry is found by: a question, or a question of a network. */
export type Keyed = Query | Key;
/** Beside DO and CD in the flavour of a key: it has a network behind the question. */
const SCOPED = 4;
/** What an entry says of networks: asked without one, told without one, or how long the scope is that was told, and this. */
export const UNASKED = 0, UNTOLD = 1, TOLD = 2;

/** Offset of the option with the network from the OPT at `at`, or 0. The OPT is the root's. */
function optionIn(bytes: Uint8Array, at: number): number {
  const end = at + 11 + u16(bytes, at + 9);
  for (let i = at + 11; i + 4 <= end; i += 4 + u16(bytes, i + 2)) if (u16(bytes, i) === OPTION.ECS) return i - at;
  return 0;
}
function readAt(bytes: Uint8Array, option: number): ClientSubnet | undefined {
  const data = bytes.subarray(option + 4, option + 4 + u16(bytes, option + 2));
  try {
    return readClientSubnet({ code: OPTION.ECS, data });
  } catch {
    return undefined;
  }
}
/** The network that the query is asked for, or undefined. */
export function subnetOf({ bytes, at, optAt }: Query): ClientSubnet | undefined {
  if (optAt === 0 || u16(bytes, at + optAt + 9) === 0) return undefined;
  const option = optionIn(bytes, at + optAt);
  return option === 0 ? undefined : readAt(bytes, at + optAt + option);
}
/** The network that a reply says it is for, or undefined. */
export function subnetIn({ bytes, at, optAt }: Message): ClientSubnet | undefined {
  if (optAt === 0 || bytes[at + optAt] !== 0 || u16(bytes, at + optAt + 9) === 0) return undefined;
  const option = optionIn(bytes, at + optAt);
  return option === 0 ? undefined : readAt(bytes, at + optAt + option);
}
/** Whether both are asked for the same network, or both for none. */
export function haveSameSubnet(a: Query, b: Query): boolean {
  const mine = subnetOf(a), theirs = subnetOf(b);
  return mine === undefined || theirs === undefined ? mine === theirs : isSameSubnet(mine, theirs);
}
/** Whether a reply is for the network that was asked for: family, source and address are its own (RFC 7871 section 7.3). */
export function isSameSubnet(a: ClientSubnet, b: ClientSubnet): boolean {
  return a.source === b.source && a.address.length === b.address.length && a.address.every((byte, i) => byte === b.address[i]);
}
/** Says in the reply for how many bits of the query's network it holds; nothing where the query has none. */
export function tellSubnet(query: Query, reply: Message, scope: number): void {
  const subnet = subnetOf(query);
  if (subnet !== undefined) reply.setEdns({ ...edns(0), extendedRcode: reply.extended, options: [clientSubnet({ ...subnet, scope })] });
}
/** Takes the network out of a reply's OPT. */
export function untell(reply: Message): void {
  if (subnetIn(reply) === undefined) return;
  const { edns: said } = reply;
  if (said !== undefined) reply.setEdns({ ...said, options: said.options.filter(({ code }) => code !== OPTION.ECS) });
}
/** The same question for a network that says nothing of the client: the answer to who refuses an address (RFC 7871 section 7.1.3). */
export function withoutAddress(query: Query): Query {
  const other = derive(query, {});
  const { bytes } = other;
  const opt = other.at + other.optAt;
  const option = opt + optionIn(bytes, opt);
  const size = u16(bytes, option + 2);
  bytes.copyWithin(option + 8, option + 4 + size, other.at + other.length);
  setU16(bytes, option + 2, 4);
  setU16(bytes, option + 6, 0);
  setU16(bytes, opt + 9, u16(bytes, opt + 9) - size + 4);
  other.length -= size - 4;
  return other;
}

/** The key of a question for a network; one object is made again and again. */
export class SubnetKey extends Key {
  /** The first `bits` of the network's address count; with `exact` they are all that the query said. */
  of(query: Query, { address }: ClientSubnet, bits: number, exact: boolean): this {
    const { words } = this;
    const { key } = query;
    let n = key.length >> 2;
    for (let i = 0; i < n; i++) words[i] = key.words[key.at + i]!;
    words[n++] = address.length | (bits << 8) | (exact ? 1 << 16 : 0);
    for (let i = 0; i < bits; i += 32) {
      const word = (address[i >> 3]! << 24) | (address[(i >> 3) + 1]! << 16) | (address[(i >> 3) + 2]! << 8) | address[(i >> 3) + 3]!;
      words[n++] = bits - i >= 32 ? word : word & ~(0xffffffff >>> (bits - i));
    }
    this.flavour = query.flavour | SCOPED;
    return this.reset(n * 4);
  }
}
