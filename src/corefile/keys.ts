/** Reads the key of a server block, `[scheme://]zone[:port]`; knows schemes, ports and names as text, and nothing of sockets. */

import { quoted } from '../wording/quote.ts';
import { CorefileError } from './error.ts';
import type { Word } from './lex.ts';
import { parseInteger } from '../wording/integer.ts';
import { reverseZones } from './reverse.ts';

/** How a server speaks (KEY-1). */
export type Scheme = 'dns' | 'tls' | 'quic' | 'grpc' | 'https' | 'https3';

/** What one key says. */
export interface Key {
  readonly scheme: Scheme | 'unix';
  /** Lower-case, with a final dot. More than one for a network off the boundary of a label (KEY-4). */
  readonly zones: readonly [string, ...string[]];
  /** Undefined when the key has none; it may be out of range, which shows when it is listened on. */
  readonly port: number | undefined;
}

// The order matters where one is the beginning of another; `unix` is cut off too, though no server has it.
const SCHEMES = ['tls', 'dns', 'quic', 'grpc', 'https3', 'https', 'unix'] as const;

/** Cuts a scheme off; without a known one it is `dns` and the text stays whole (KEY-1). */
export function splitScheme(text: string): { scheme: Scheme | 'unix'; rest: string } {
  const scheme = SCHEMES.find((each) => text.startsWith(`${each}://`));
  return scheme === undefined ? { scheme: 'dns', rest: text } : { scheme, rest: text.slice(scheme.length + 3) };
}

/** The key of a block. Throws CorefileError: the text of `readKey` behind `error inspecting server blocks: `, without a place. */
export function parseKey(word: Word): Key {
  try {
    return readKey(word.text);
  } catch (error) {
    const text = `error inspecting server blocks: ${(error as Error).message}`;
    throw new CorefileError(text, word, { form: 'none', code: 'key', cause: error });
  }
}

/**
 * A key, or a plugin's argument that is written as keys are (KEY-1 to KEY-4, KEY-11).
 * @throws Error with CoreDNS's text: `expecting data after last colon: "x:"`, `specified zone is too long: N > 255`,
 * `zone is not a valid domain name: x`, `invalid CIDR ::1/128`
 */
export function readKey(text: string): Key {
  const { scheme, rest } = splitScheme(text);
  const colon = rest.lastIndexOf(':');
  if (colon === rest.length - 1) throw new Error(`expecting data after last colon: ${quoted(rest)}`);
  const port = colon === -1 ? undefined : integerOrNothing(rest.slice(colon + 1));
  const name = port === undefined ? rest : rest.slice(0, colon);
  const length = octets(name).length;
  if (length > 255) throw new Error(`specified zone is too long: ${length} > 255`);
  if (!isDomainName(name)) throw new Error(`zone is not a valid domain name: ${name}`);
  return { scheme, zones: zonesOf(name), port };
}

function zonesOf(name: string): readonly [string, ...string[]] {
  const reverse = reverseZones(name);
  if (reverse === undefined) {
    const zone = absolute(name);
    // The final dot counts: a name can be short enough only without it.
    const length = octets(zone).length;
    if (length > 255) throw new Error(`specified zone is too long: ${length} > 255`);
    return [zone.toLowerCase()];
  }
  if (name.startsWith(':') || (name.startsWith('0') && name.includes(':'))) throw new Error(`invalid CIDR ${name}`);
  return reverse;
}

function integerOrNothing(text: string): number | undefined {
  try {
    return parseInteger(text);
  } catch {
    return undefined;
  }
}

function octets(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The name with a final dot, unless it ends in one that is not escaped. */
function absolute(name: string): string {
  const escapes = /(\\*)\.$/.exec(name);
  return escapes !== null && (escapes[1] as string).length % 2 === 0 ? name : `${name}.`;
}

const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** Whether a text can be written as a domain name: no empty label, labels of at most 63 octets, escapes that are whole as they stand. */
function isDomainName(name: string): boolean {
  // Before the final dot is there: a backslash at the end would take it for its own.
  if (name === '' || !escapesAreWhole(name)) return false;
  const text = octets(absolute(name));
  if (text.length === 1) return true;
  let label = 0;
  let total = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== DOT) {
      if (text[at] === BACKSLASH) at += isDecimalEscape(text, at + 1) ? 3 : 1;
      label++;
      continue;
    }
    if (label === 0 || label > 63) return false;
    total += label + 1;
    if (total > 256) return false;
    label = 0;
  }
  return true;
}

/** No backslash escapes nothing, or an octet above 255 (RFC 1035 section 5.1). */
function escapesAreWhole(name: string): boolean {
  const escapes = [...name.matchAll(/\\(\d{3}|.|$)/gsu)];
  return escapes.every(([, escaped = '']) => escaped !== '' && (escaped.length < 3 || Number(escaped) <= 255));
}

function isDecimalEscape(text: Uint8Array, at: number): boolean {
  return [0, 1, 2].every((offset) => {
    const octet = text[at + offset] ?? 0;
    return octet >= 0x30 && octet <= 0x39;
  });
}
