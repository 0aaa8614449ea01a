// The parameters of SVCB and HTTPS records (RFC 9460, 9461, 9540). Knows each key's value in octets and in text.

import { parseIPv4, parseIPv6, printAddress, printRecordAddress } from './address.ts';
import { decimal, type Field } from './field.ts';
import { escapeParameter, parseBase64, parseEscaped, printBase64 } from './field-text.ts';
import { latin1, latin1Bytes } from './latin1.ts';
import { Reader, WireError, Writer } from './wire.ts';
import { RRError } from './words.ts';

/** One parameter: its key's number and its value in octets, which the key decides the meaning of. */
export interface Parameter {
  readonly key: number;
  readonly value: Uint8Array;
}

/** A kind of value: both directions of its text. `parse` gets escapes still in it; `print` throws where octets are not whole. */
interface Kind {
  parse(text: string): Uint8Array;
  print(value: Uint8Array): string;
}

const KEYS = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint', 'dohpath', 'ohttp'];

function keyName(key: number): string {
  return KEYS[key] ?? `key${key}`;
}

function keyByName(name: string): number {
  const known = KEYS.indexOf(name);
  if (known >= 0) return known;
  if (!/^key(?:0|[1-9]\d{0,4})$/.test(name)) throw new RRError(`unknown key "${name}"`);
  return decimal(name.slice(3), 0xfffe);
}

const opaque: Kind = {
  parse: (text) => latin1Bytes(parseEscaped(text)),
  print: (value) => escapeParameter(latin1(value, 0, value.length)),
};

const empty: Kind = {
  parse: (text) => {
    if (text !== '') throw new RRError('a value where none belongs');
    return new Uint8Array(0);
  },
  print: (value) => {
    if (value.length > 0) throw new WireError('a value where none belongs', 0);
    return '';
  },
};

const mandatory: Kind = {
  parse: (text) => {
    const writer = new Writer();
    const keys = text === '' ? [] : text.split(',').map(keyByName);
    for (const key of keys.sort((a, b) => a - b)) writer.u16(key);
    return writer.slice();
  },
  print: (value) => {
    const reader = new Reader(value);
    const names: string[] = [];
    while (!reader.done) names.push(keyName(reader.u16()));
    return names.join(',');
  },
};

/** Cuts at commas; `\,` and `\\` stand for themselves (RFC 9460 appendix A.1). */
function splitList(octets: string): string[] {
  const items = [''];
  for (let i = 0; i < octets.length; i++) {
    let char = octets.charAt(i);
    if (char === ',') {
      items.push('');
      continue;
    }
    if (char === '\\') {
      char = octets.charAt(++i);
      if (char !== ',' && char !== '\\') throw new RRError('bad escape in a list');
    }
    items[items.length - 1] += char;
  }
  return items;
}

/** One item of a list: a comma and a backslash in it are escaped twice, once for the list and once for the text. */
function printItem(octets: string): string {
  return octets
    .split(/([\\,])/)
    .map((part) => (part === ',' ? '\\\\\\044' : part === '\\' ? '\\\\\\092' : escapeParameter(part)))
    .join('');
}

const alpn: Kind = {
  parse: (text) => {
    const writer = new Writer();
    for (const protocol of text === '' ? [] : splitList(parseEscaped(text))) {
      if (protocol === '') throw new RRError('an empty protocol');
      writer.string(protocol);
    }
    return writer.slice();
  },
  print: (value) => {
    const reader = new Reader(value);
    const protocols: string[] = [];
    while (!reader.done) protocols.push(reader.string());
    return protocols.map(printItem).join(',');
  },
};

const port: Kind = {
  parse: (text) => {
    const value = decimal(text, 0xffff);
    return Uint8Array.of(value >> 8, value);
  },
  print: (value) => {
    if (value.length !== 2) throw new WireError('a port that is not 2 octets', 0);
    return String(new Reader(value).u16());
  },
};

function hints(length: number, parse: (text: string) => Uint8Array | undefined, print: (bytes: Uint8Array) => string): Kind {
  return {
    parse: (text) => {
      const writer = new Writer();
      for (const part of text.split(',')) {
        const address = parse(part);
        if (address === undefined) throw new RRError(`bad address "${part}"`);
        writer.octets(address);
      }
      return writer.slice();
    },
    print: (value) => {
      if (value.length === 0 || value.length % length !== 0) throw new WireError('addresses of a wrong length', 0);
      const texts: string[] = [];
      for (let at = 0; at < value.length; at += length) texts.push(print(value.subarray(at, at + length)));
      return texts.join(',');
    },
  };
}

const ech: Kind = { parse: (text) => parseBase64(text), print: printBase64 };

const KINDS: readonly Kind[] = [
  mandatory,
  alpn,
  empty,
  port,
  hints(4, parseIPv4, printAddress),
  ech,
  hints(16, parseIPv6, printRecordAddress),
  opaque,
  empty,
];

function kindOf(key: number): Kind {
  return KINDS[key] ?? opaque;
}

function writeParameters(writer: Writer, parameters: readonly Parameter[]): void {
  let last = -1;
  for (const { key, value } of [...parameters].sort((a, b) => a.key - b.key)) {
    if (key === last) throw new WireError(`parameter ${keyName(key)} twice`, writer.at);
    last = key;
    writer.u16(key);
    writer.u16(value.length);
    writer.octets(value);
  }
}

/** The parameters of an SVCB or HTTPS record, ascending by key. */
export const parameters: Field<readonly Parameter[]> = {
  extent: 'rest',
  read: (reader) => {
    const list: Parameter[] = [];
    let last = -1;
    while (!reader.done) {
      const at = reader.at;
      const key = reader.u16();
      if (key <= last || key === 0xffff) throw new WireError('parameters out of order', at);
      last = key;
      const value = reader.take(reader.u16());
      kindOf(key).print(value);
      list.push({ key, value });
    }
    return list;
  },
  write: writeParameters,
  parse: (words) => {
    const list: Parameter[] = [];
    while (words.more) {
      const word = words.take();
      if (word.quoted) throw new RRError('a quoted key');
      const equals = word.text.indexOf('=');
      const key = keyByName(equals < 0 ? word.text : word.text.slice(0, equals));
      const next = words.peek;
      const quoted = equals === word.text.length - 1 && next?.quoted === true && next.glued;
      const text = quoted ? words.text() : equals < 0 ? '' : word.text.slice(equals + 1);
      list.push({ key, value: kindOf(key).parse(text) });
    }
    return list;
  },
  print: (list) => list.map(({ key, value }) => `${keyName(key)}="${kindOf(key).print(value)}"`).join(' '),
};
