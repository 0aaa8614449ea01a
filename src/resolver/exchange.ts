// One question to one server: with EDNS or without, over UDP and, where the reply was cut, over TCP. Knows messages; sockets are
// handed to it.
import { writeLatin1 } from '../dns/latin1.ts';
import { decodeMessage } from '../dns/message.ts';
import { edns, ednsLength, writeEdns } from '../dns/opt.ts';
import type { Edns, EdnsOption } from '../dns/opt.ts';
import { HEADER, setU16 } from '../dns/packet.ts';
import { CD, RD, TC } from '../dns/parts.ts';
import type { Parts, Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { Writer } from '../dns/wire.ts';
import type { Flags } from '../store/cells.ts';
import type { Limit } from './budget.ts';
import { cookieFor, cookieIn } from './server-cookies.ts';
import type { OneAsksParts } from './one-asks.ts';
import { mix, nameOf, repeats } from './spelling.ts';
import { repliesTo } from './scrub.ts';
import type { Server, ServerMemory } from './servers.ts';
import type { SharedRecords } from './shared-records.ts';
import type { ServerAddress } from './settings.ts';

/** Where questions leave and replies come in. */
export interface ServerNetwork {
  /**
   * Sends a query and gives the first reply that `isIt` takes for one; undefined where none came within so many milliseconds, or the
   * network said that none will. Never rejects.
   */
  exchange(
    to: ServerAddress, query: Uint8Array, tcp: boolean, patience: number, isIt: (reply: Uint8Array) => boolean,
  ): Promise<Uint8Array | undefined>;
}

/** What the questions of a resolver have in common. */
export interface ExchangeParts {
  readonly network: ServerNetwork;
  readonly now: () => number;
  /** Calls once after so many milliseconds, unless the returned function is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
  /** From 0 up to 1, not to be foreseen. */
  readonly random: () => number;
  readonly udpSize: number;
  /** What all threads know of servers, and of the network. */
  readonly servers: ServerMemory;
  readonly reach: Flags;
  /** What was heard, as all threads keep it. */
  readonly records: SharedRecords;
  /** By what one of them asks, and the others wait. */
  readonly turns: OneAsksParts;
  /** Is told what happens, for those who count and log. */
  readonly events?: ResolverEvents | undefined;
}
/** What happens in a resolver beside answers. */
export interface ResolverEvents {
  /** A question of a client has cost so much, and has no answer. */
  spent(limit: Limit): void;
  /** By IPv4 or IPv6 nobody is reached any more, or somebody again. */
  reached(family: 'IPv4' | 'IPv6', isReached: boolean): void;
}
/** How one question is asked. */
export interface Manner {
  readonly tcp: boolean;
  readonly recursionDesired: boolean;
  /** DO, and CD for who resolves: what is bogus is found out here. */
  readonly dnssec: boolean;
  /** Options of EDNS, for servers that understand it. */
  readonly options: readonly EdnsOption[];
  /** Servers that know cookies are told ours, and have to repeat it (RFC 7873). */
  readonly cookies: boolean;
  /** The letters of names are mixed, and have to come back as they are. */
  readonly mixed: boolean;
  /** Milliseconds to wait for each reply. */
  readonly patience: number;
  /** Whether anything came. False: that nothing did is no fault of the server's. */
  readonly told: (came: boolean) => boolean;
  /** It answers again. */
  readonly isBack: () => void;
}

/** A reply. */
export interface Reply extends Parts {
  /** There were records whose data is not what their type says; they are left out. */
  readonly isSpoilt?: boolean;
}
/** Asks; undefined where the server did not reply. What it replied is for the caller to judge. */
export async function askServer(parts: ExchangeParts, server: Server, question: Question, manner: Manner): Promise<Reply | undefined> {
  const { now } = parts;
  const withEdns = server.understandsEdns(now());
  const reply = await once(parts, server, question, manner, { withEdns, tcp: manner.tcp });
  if (reply === undefined) return undefined;
  // RFC 6891 section 7: who does not know OPT may say so in several ways.
  if (withEdns && reply.edns === undefined && (reply.rcode === RCODE.FORMERR || reply.rcode === RCODE.NOTIMP)) {
    const plain = await once(parts, server, question, manner, { withEdns: false, tcp: manner.tcp });
    if (plain !== undefined && plain.rcode !== RCODE.FORMERR) server.isPlain(now());
    return plain;
  }
  if (reply.edns !== undefined) server.understood();
  return reply;
}
/** How it is tried: over TCP nobody can guess, so nothing has to be repeated there. */
interface Try {
  readonly withEdns: boolean;
  readonly tcp: boolean;
  /** The server has refused our cookie and given another one. */
  readonly again?: boolean;
}
async function once(parts: ExchangeParts, server: Server, question: Question, manner: Manner, how: Try): Promise<Reply | undefined> {
  const { network, now, random, udpSize } = parts;
  const { withEdns, tcp } = how;
  const id = Math.floor(random() * 65536);
  const withCookie = withEdns && manner.cookies;
  const options = withCookie ? [...manner.options, cookieFor(server)] : manner.options;
  const flags = manner.recursionDesired ? RD | (manner.dnssec && withEdns ? CD : 0) : 0;
  const query = queryOf(id, question, flags, withEdns ? edns(udpSize, manner.dnssec, options) : undefined);
  const name = manner.mixed && !tcp ? nameOf(query) : undefined;
  if (name !== undefined) mix(query, random);
  let found: Reply | undefined;
  /** It is not as it should be; who it is of is asked over TCP. */
  let isDoubtful = false;
  const isIt = (bytes: Uint8Array): boolean => {
    const isRepeated = name === undefined || repeats(bytes, query, name);
    const reply = read(bytes, id, question);
    if (reply === undefined) return false;
    const cookie = withCookie && !tcp ? cookieIn(reply, server) : 'good';
    if (cookie === 'forged') return false;
    isDoubtful = cookie === 'missing' || (!isRepeated && reply.question !== undefined);
    found = reply;
    return true;
  };
  const began = now();
  server.underWay++;
  const reply = await network.exchange(server, query, tcp, manner.patience, isIt);
  server.underWay--;
  if (reply === undefined || found === undefined) {
    if (manner.told(false)) server.failed(now());
    return undefined;
  }
  manner.told(true);
  if (server.answered(now() - began, now())) manner.isBack();
  if (withCookie && found.rcode === RCODE.BADCOOKIE && !tcp) {
    return once(parts, server, question, manner, { withEdns, tcp: how.again === true, again: true });
  }
  if (isDoubtful) {
    server.cookie = undefined;
    return once(parts, server, question, manner, { withEdns, tcp: true });
  }
  if ((found.flags & TC) === 0) return found;
  // What is cut over TCP is no reply at all.
  return tcp ? undefined : once(parts, server, question, manner, { withEdns, tcp: true });
}
/** A query on the wire: a header, one question, and OPT where there is one. */
function queryOf(id: number, { name: { raw }, type, class: klass }: Question, flags: number, opt: Edns | undefined): Uint8Array {
  const end = HEADER + raw.length + 4;
  const bytes = new Uint8Array(end + (opt === undefined ? 0 : ednsLength(opt)));
  setU16(bytes, 0, id);
  setU16(bytes, 2, flags);
  bytes[5] = 1;
  writeLatin1(raw, bytes, HEADER);
  setU16(bytes, end - 4, type);
  setU16(bytes, end - 2, klass);
  if (opt === undefined) return bytes;
  bytes[11] = 1;
  writeEdns(new Writer({ bytes, at: end, end: bytes.length }), opt, RCODE.NOERROR);
  return bytes;
}
/** The reply, if it is one to this question. One without a question is taken where it says that the query could not be read. */
function read(bytes: Uint8Array, id: number, question: Question): Reply | undefined {
  if (bytes.length < 12 || ((bytes[0]! << 8) | bytes[1]!) !== id) return undefined;
  try {
    let isSpoilt = false;
    const whole = decodeMessage(bytes, 0, bytes.length, () => {
      isSpoilt = true;
    });
    const parts: Reply = isSpoilt ? { ...whole, isSpoilt } : whole;
    if (repliesTo(parts, question)) return parts;
    return parts.question === undefined && parts.rcode !== RCODE.NOERROR && parts.rcode !== RCODE.NXDOMAIN ? parts : undefined;
  } catch {
    return undefined;
  }
}
