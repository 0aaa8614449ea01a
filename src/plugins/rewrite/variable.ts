// The variables that an EDNS option can be made of (REW-9). Knows what a question and its client are.
import { parseAddress } from '../../dns/address.ts';
import { askedAddress } from '../../kernel/query/peer.ts';
import type { Query } from '../../kernel/query/query.ts';
import { quoted } from '../../wording/quote.ts';
import type { Subject } from './subject.ts';

/** Octets of a variable's value; undefined where it has none: then the rule does not apply. */
export type Variable = (subject: Subject) => Uint8Array | undefined;

const encoder = new TextEncoder();
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value);

const VARIABLES: { readonly [name: string]: Variable } = {
  '{qname}': (subject) => encoder.encode(subject.spelled),
  '{qtype}': ({ type }) => u16(type),
  '{client_ip}': ({ query }) => clientAddress(query).slice(),
  '{client_port}': ({ query }) => u16(query.clientPort),
  '{protocol}': ({ query: { channel } }) => encoder.encode(DATAGRAMS.includes(channel.transport) ? 'udp' : 'tcp'),
  '{server_ip}': ({ query }) => serverAddress(query),
  '{server_port}': ({ query }) => u16(query.channel.localPort),
};
/** UDP and what is carried by it. */
const DATAGRAMS: readonly string[] = ['udp', 'quic', 'https3'];

/** The address of the client where it lies: 4 or 16 octets. */
export const clientAddress = (query: Query): Uint8Array => query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);

/** In as many octets as the client's; an IPv6 address has no four. */
function serverAddress(query: Query): Uint8Array | undefined {
  const address = parseAddress(askedAddress(query));
  if (address === undefined || address.length === query.clientLength) return address;
  return address.length === 4 ? Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...address) : undefined;
}

/** A variable by its name with braces, or a metadata label in them. Throws Error (REW-10). */
export function variable(name: string): Variable {
  const known = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
  if (known !== undefined) return known;
  const label = name.slice(1, -1);
  const slash = label.indexOf('/');
  if (slash <= 0 || slash >= label.length - 1) throw new Error(`unsupported variable name ${quoted(name)}`);
  return ({ query }) => {
    const value = query.label(label);
    return value === undefined || value === '' ? undefined : encoder.encode(value);
  };
}
