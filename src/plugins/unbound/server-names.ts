// What a server says of itself in class CHAOS: its name and its version (RFC 4892), as an unbound.conf has them. Knows questions and texts.
import { record } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { RA } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';

/** A text; false: nobody is to know it; undefined: nothing is said of it. */
export type ServerName = string | false | undefined;
/** The two. */
export interface ServerNames {
  readonly identity: ServerName;
  readonly version: ServerName;
}

/** The answer for one of these names; undefined for others. */
export function describe(query: Query, { identity, version }: ServerNames): Outcome | undefined {
  if (query.class !== CLASS.CH || (query.type !== TYPE.TXT && query.type !== TYPE.ANY)) return undefined;
  const { key } = query.name;
  const isVersion = key === '\x07version\x04bind\0' || key === '\x07version\x06server\0';
  if (!isVersion && key !== '\x08hostname\x04bind\0' && key !== '\x02id\x06server\0') return undefined;
  const text = isVersion ? version : identity;
  if (text === undefined) return undefined;
  if (text === false) return failure(RCODE.REFUSED, undefined, RA);
  const octets = Buffer.from(text).subarray(0, 255);
  const reply = query.reply({ answer: [record(query.name, TYPE.TXT, CLASS.CH, 0, Uint8Array.of(octets.length, ...octets))] });
  reply.setFlags(RA);
  return reply;
}
