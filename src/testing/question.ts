// The words after `ask` as a question: a packet, and who sends it how. Knows the words of a scenario; knows no server.
import { parseCIDR, parseAddress } from '../dns/address.ts';
import { clientSubnet } from '../dns/edns-options.ts';
import { encodeMessage } from '../dns/message.ts';
import { AD, CD, RD, message } from '../dns/parts.ts';
import type { Question } from '../dns/parts.ts';
import { Name } from '../dns/name.ts';
import type { Edns, EdnsOption } from '../dns/opt.ts';
import { opcodeByName } from '../dns/rcode.ts';
import { rr } from '../dns/rr.ts';
import { SOA } from '../dns/types.ts';
import { CLASS, classByName, typeByName } from '../dns/type-name.ts';
import type { AskedKey } from './signed.ts';
import { parseDuration } from '../wording/duration.ts';

/** What is asked, and how. */
export interface Asked {
  /** The question as a message; undefined where raw octets are sent. */
  readonly question: Question | undefined;
  readonly flags: number;
  readonly edns: Edns | undefined;
  readonly packet: Uint8Array;
  readonly tcp: boolean;
  /** The client's address; undefined is the loopback address. */
  readonly from: string | undefined;
  /** The server that is asked, as it stands after `at`; undefined is the one on the standard port. */
  readonly at: string | undefined;
  /** Milliseconds that pass before the reply is looked for. */
  readonly waiting: number;
  /** With what it is signed. */
  readonly key: AskedKey | undefined;
}

/** What an OPT says unless the words ask for something else. */
const UDP_SIZE = 1232;
const ID = 0x2a2a;

/** What the words of a question say beside name and type. */
interface Draft {
  flags: number;
  edns: { udpSize: number; version: number; dnssecOk: boolean; options: EdnsOption[] } | undefined;
  opcode: number;
  /** What an IXFR says that the client has (RFC 1995 section 3). */
  serial: number | undefined;
  class: number;
  tcp: boolean;
  from: string | undefined;
  at: string | undefined;
  waiting: number;
  key: AskedKey | undefined;
}

/** Reads `NAME TYPE [CLASS] [tcp] [from ADDRESS] [at SERVER] [waiting DURATION] [+OPTION...]`. Throws Error. */
export function parseAsk(text: string): Asked {
  const [name, type, ...words] = text.split(/\s+/);
  if (!name || !type) throw new Error('a name and a type are expected');
  const number = typeByName(type);
  if (number === undefined) throw new Error(`"${type}" is no type`);
  const draft = readQuestionWords(words);
  const question = { name: Name.parse(name, Name.root), type: number, class: draft.class };
  const edns = draft.edns === undefined ? undefined : { z: 0, extendedRcode: 0, ...draft.edns };
  const soa = { serial: draft.serial ?? 0, refresh: 0, retry: 0, expire: 0, minimum: 0, mname: Name.root, rname: Name.root };
  const authority = draft.serial === undefined ? [] : [rr(question.name, SOA, 0, soa)];
  const { opcode, flags } = draft;
  const packet = encodeMessage(message({ id: ID, opcode, flags, question, authority, edns }), { compress: false });
  return { ...draft, question, edns, packet };
}
/** Reads `HEX [tcp] [from ADDRESS] [at SERVER]`. Throws Error. */
export function parseSend(text: string): Asked {
  const [hex = '', ...words] = text.split(/\s+/);
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new Error('octets in hexadecimal are expected');
  const packet = Uint8Array.from(Buffer.from(hex, 'hex'));
  return { ...readQuestionWords(words), question: undefined, flags: ((packet[2] ?? 0) << 8) | (packet[3] ?? 0), edns: undefined, packet };
}

/** Reads what follows name and type; flags are these until a word changes them. Throws Error. */
export function readQuestionWords(words: readonly string[], flags: number = RD): Draft {
  const draft: Draft = {
    flags, edns: undefined, opcode: 0, serial: undefined, class: CLASS.IN, tcp: false, from: undefined, at: undefined, waiting: 0,
    key: undefined,
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word.startsWith('+')) option(draft, word.slice(1));
    else if (word === '') continue;
    else if (word === 'tcp') draft.tcp = true;
    else if (word === 'from' || word === 'at' || word === 'waiting') {
      const value = words[++i];
      if (value === undefined) throw new Error(`what follows ${word} is missing`);
      if (word === 'at') draft.at = value;
      else if (word === 'waiting') draft.waiting = parseDuration(value);
      else if (parseAddress(value) === undefined) throw new Error(`"${value}" is no address`);
      else draft.from = value;
    } else {
      const found = classByName(word);
      if (found === undefined) throw new Error(`"${word}" is no class and no word of a question`);
      draft.class = found;
    }
  }
  return draft;
}

/** One `+word` or `+word=value`. */
function option(draft: Draft, word: string): void {
  const [key, ...rest] = word.split('=');
  const value = rest.join('=');
  const edns = () => (draft.edns ??= { udpSize: UDP_SIZE, version: 0, dnssecOk: false, options: [] });
  const add = (code: number, hex: string) => edns().options.push({ code, data: Uint8Array.from(Buffer.from(hex, 'hex')) });
  if (key === 'nord') draft.flags &= ~RD;
  else if (key === 'ad') draft.flags |= AD;
  else if (key === 'cd') draft.flags |= CD;
  else if (key === 'edns') edns();
  else if (key === 'do') edns().dnssecOk = true;
  else if (key === 'bufsize') edns().udpSize = Number(value);
  else if (key === 'version') edns().version = Number(value);
  else if (key === 'nsid') add(3, '');
  else if (key === 'cookie') add(10, value);
  else if (key === 'option') add(Number(value.split(':')[0]), value.split(':')[1] ?? '');
  else if (key === 'serial') draft.serial = Number(value);
  else if (key === 'opcode') draft.opcode = opcodeByName(value.toUpperCase()) ?? Number(value);
  else if (key === 'key') draft.key = { skew: 0, badMac: false, ...draft.key, text: value };
  else if (key === 'skew') draft.key = { text: '', badMac: false, ...draft.key, skew: Number(value) };
  else if (key === 'badmac') draft.key = { text: '', skew: 0, ...draft.key, badMac: true };
  else if (key === 'subnet') edns().options.push(subnet(value));
  else throw new Error(`unknown option +${key}`);
}
function subnet(text: string): EdnsOption {
  const found = parseCIDR(text);
  if (found === undefined) throw new Error(`"${text}" is no network`);
  return clientSubnet({ address: found.network, source: found.bits, scope: 0 });
}
