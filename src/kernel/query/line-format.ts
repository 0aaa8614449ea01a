// From a format to writers, once: each puts its part of a line into the buffer (LOG-4). Knows placeholders; knows no rule.
import { HEADER } from '../../dns/packet.ts';
import { CLASS } from '../../dns/type-name.ts';
import type { LogLines } from '../seen/log-lines.ts';
import { askedAddress, toldAt, toldLength, toldPort } from './peer.ts';
import type { Query } from './query.ts';
import { overUdp } from './transport.ts';
import type { Seen } from './seen-outcome.ts';
import { DASH, FALSE, TCP, TRUE, UDP, bytesOf, classWord, flagsWord, rcodeWord, typeInWord, typeWord } from './line-words.ts';

/** Writes a part of a line. The room for everything of bounded length is there. */
export type Writer = (lines: LogLines, query: Query, seen: Seen) => void;

const BEFORE_ID = bytesOf(' - '), BEFORE_QUESTION = bytesOf(' "'), AFTER_QUESTION = bytesOf('" ');
const OVER_UDP = bytesOf(' udp '), OVER_TCP = bytesOf(' tcp '), WITH_DO = bytesOf(' true '), WITHOUT_DO = bytesOf(' false ');

/** The size of a reply that the client takes (LOG-4). */
export const bufferSize = (query: Query): number => (overUdp(query.channel.transport) ? Math.max(512, query.udpSize) : 65535);

/** `{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}` (LOG-1). */
const common: Writer = (lines, query, seen) => {
  lines.address(query.bytes, toldAt(query), toldLength(query));
  lines.byte(58);
  lines.number(toldPort(query));
  lines.put(BEFORE_ID);
  lines.number(query.id);
  lines.put(BEFORE_QUESTION);
  if (query.told.class === CLASS.IN) lines.put(typeInWord(query.told.type));
  else {
    lines.put(typeWord(query.told.type));
    lines.byte(32);
    lines.put(classWord(query.told.class));
    lines.byte(32);
  }
  lines.name(query.bytes, query.at + HEADER);
  lines.put(overUdp(query.channel.transport) ? OVER_UDP : OVER_TCP);
  lines.number(seen.requestLength);
  lines.put(query.wantsDnssec ? WITH_DO : WITHOUT_DO);
  lines.number(bufferSize(query));
  lines.put(AFTER_QUESTION);
  lines.put(seen.rcode < 0 ? DASH : rcodeWord(seen.rcode));
  lines.byte(32);
  lines.put(seen.rcode < 0 ? DASH : flagsWord(seen.flags));
  lines.byte(32);
  lines.number(seen.size);
  lines.byte(32);
  lines.seconds(seen.milliseconds);
};
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const opcode: Writer = (lines, query) => lines.number(query.opcode);

const PLACEHOLDERS: { readonly [placeholder: string]: readonly Writer[] } = {
  '{common}': [common],
  '{combined}': [common, literal(' "'), opcode, literal('"')],
  '{type}': [(lines, query) => lines.put(typeWord(query.told.type))],
  '{name}': [(lines, query) => lines.name(query.bytes, query.at + HEADER)],
  '{class}': [(lines, query) => lines.put(classWord(query.told.class))],
  '{proto}': [(lines, query) => lines.put(overUdp(query.channel.transport) ? UDP : TCP)],
  '{size}': [(lines, _, { requestLength }) => lines.number(requestLength)],
  '{remote}': [(lines, query) => lines.address(query.bytes, toldAt(query), toldLength(query))],
  '{port}': [(lines, query) => lines.number(toldPort(query))],
  '{local}': [(lines, query) => lines.text(bracketed(askedAddress(query)))],
  '{>id}': [(lines, query) => lines.number(query.id)],
  '{>opcode}': [opcode],
  '{>do}': [(lines, query) => lines.put(query.wantsDnssec ? TRUE : FALSE)],
  '{>bufsize}': [(lines, query) => lines.number(bufferSize(query))],
  '{rcode}': [(lines, _, { rcode }) => lines.put(rcode < 0 ? DASH : rcodeWord(rcode))],
  '{rsize}': [(lines, _, { size }) => lines.number(size)],
  '{duration}': [(lines, _, { milliseconds }) => lines.seconds(milliseconds)],
  '{>rflags}': [(lines, _, { rcode, flags }) => lines.put(rcode < 0 ? DASH : flagsWord(flags))],
};

function literal(text: string): Writer {
  const bytes = bytesOf(text);
  return (lines) => {
    lines.room(bytes.length + ROOM);
    lines.put(bytes);
  };
}
/** A metadata label's value. Line breaks and what terminals obey are escaped as in names: others may have chosen it. */
function label(name: string): Writer {
  return (lines, query) => {
    const value = (query.label(name) ?? '-').replace(CONTROL, (c) => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`);
    lines.room(value.length * 3 + ROOM);
    lines.text(value);
  };
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
const CONTROL = /[\0-\x1f\x7f-\x9f]/g;
/** Bytes that the placeholders of one writer take at most: a name of 255 octets, all of them escaped, and the rest of the common format. */
const ROOM = 4 * 255 + 512;

/** The placeholders of a format that are none, and what there is: they are printed as they stand. */
export function unknownPlaceholders(format: string): { readonly unknown: readonly string[]; readonly known: readonly string[] } {
  const known = Object.keys(PLACEHOLDERS);
  const unknown = [...format.matchAll(/\{[^{}\s]*\}/g)].map(([word]) => word)
    .filter((word) => !known.includes(word) && !word.startsWith('{/'));
  return { unknown, known };
}

/**
 * The writers of a format. A placeholder ends at `}` and begins at the last `{` before it; what is none stays as it is, together
 * with all that stands before it.
 */
export function compile(format: string): Writer {
  const writers: Writer[] = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') writers.push(literal(plain));
    plain = '';
  };
  let rest = format;
  for (let end = rest.indexOf('}'); end >= 0; end = rest.indexOf('}')) {
    const start = rest.lastIndexOf('{', end);
    const word = start < 0 ? '' : rest.slice(start, end + 1);
    const known = Object.hasOwn(PLACEHOLDERS, word) ? PLACEHOLDERS[word] : word.startsWith('{/') ? [label(word.slice(2, -1))] : undefined;
    plain += known === undefined ? rest.slice(0, end + 1) : rest.slice(0, start);
    if (known !== undefined) {
      flush();
      writers.push(...known);
    }
    rest = rest.slice(end + 1);
  }
  plain += rest;
  flush();
  return sequence(writers);
}

function sequence(writers: readonly Writer[]): Writer {
  if (writers.length === 1) {
    const [only] = writers as [Writer];
    return (lines, query, seen) => {
      lines.room(ROOM);
      only(lines, query, seen);
    };
  }
  return (lines, query, seen) => {
    for (const write of writers) {
      lines.room(ROOM);
      write(lines, query, seen);
    }
  };
}
