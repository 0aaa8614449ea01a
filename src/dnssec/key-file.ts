// BIND's key files: `NAME.key` with the DNSKEY, `NAME.private` with the private part and the key's dates, v1.2 and v1.3. Knows their text;
// knows nothing of folders or of what the dates mean.
import { timestamp } from '../dns/field.ts';
import { Name } from '../dns/name.ts';
import { parseRR, printRR, record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE, typeName } from '../dns/type-name.ts';
import { Words } from '../dns/words.ts';
import { algorithmOf } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { ENTRY_POINT, algorithmNumber, flagsOf, keyOctets, keyTag, rsaParts } from './dnskey.ts';
import { SigningKey } from './signing-key.ts';
import type { PrivateParts } from './signing-key.ts';

/** What a record without a time to live has while it is read. */
const NO_TTL = -1;

/** Text that is no key file: which file, which line (0: all of it), and why. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
  constructor(file: string, line: number, why: string, options?: ErrorOptions) {
    super(line === 0 ? `${file}: ${why}` : `${file}:${line}: ${why}`, options);
  }
}

/** The dates that a key can have, as both files name them. */
export const DATES = [
  'Created', 'Publish', 'Activate', 'Revoke', 'Inactive', 'Delete', 'DSPublish', 'DSRemoved', 'SyncPublish', 'SyncDelete',
] as const;
/** When what happens to a key, in seconds since 1970. */
export type KeyDates = { readonly [date in (typeof DATES)[number]]?: number };

/** What stands in a `.key` file. */
export interface PublicFile {
  readonly owner: Name;
  /** Seconds; undefined where the file has none. */
  readonly ttl: number | undefined;
  /** The DNSKEY's data. */
  readonly data: Uint8Array;
}
/** What stands in a `.private` file. */
interface PrivateFile {
  readonly algorithm: Algorithm;
  readonly fields: ReadonlyMap<string, Uint8Array>;
  readonly dates: KeyDates;
}
/** Both together. */
export interface KeyFiles {
  readonly key: SigningKey;
  readonly dates: KeyDates;
}

/** The fields of private keys, under the names that JWK has for them. */
const RSA_FIELDS: readonly (readonly [field: string, part: string])[] = [
  ['PrivateExponent', 'd'], ['Prime1', 'p'], ['Prime2', 'q'], ['Exponent1', 'dp'], ['Exponent2', 'dq'], ['Coefficient', 'qi'],
];
const CURVE_FIELDS: readonly (readonly [field: string, part: string])[] = [['PrivateKey', 'd']];
/** All of them; others may come with later versions, and are not looked at. */
const KNOWN: ReadonlySet<string> = new Set(['Modulus', ...[...RSA_FIELDS, ...CURVE_FIELDS].map(([field]) => field)]);
const fieldsOf = ({ kind }: Algorithm) => (kind === 'rsa' ? RSA_FIELDS : CURVE_FIELDS);

/** Reads a `.key` file: its first record, a DNSKEY of class IN. Throws KeyFileError. */
export function parsePublicFile(text: string, file: string): PublicFile {
  let read: RR | undefined;
  try {
    read = parseRR(text, { defaultTtl: NO_TTL });
  } catch (error) {
    throw new KeyFileError(file, 0, (error as Error).message, { cause: error });
  }
  if (read === undefined) throw new KeyFileError(file, 0, 'no DNSKEY in it');
  if (read.type !== TYPE.DNSKEY || read.class !== CLASS.IN) {
    throw new KeyFileError(file, 0, `${typeName(read.type)} where a DNSKEY was expected`);
  }
  if (read.rdata.length < 5) throw new KeyFileError(file, 0, 'the key is missing: the file is cut');
  return { owner: read.name, ttl: read.ttl === NO_TTL ? undefined : read.ttl, data: read.rdata };
}

function parsePrivateFile(text: string, file: string): PrivateFile {
  const fields = new Map<string, Uint8Array>();
  const dates: { [date in (typeof DATES)[number]]?: number } = {};
  let algorithm: Algorithm | undefined;
  const seen = new Set<string>();
  for (const [i, line] of text.split('\n').entries()) {
    const fail = (why: string) => new KeyFileError(file, i + 1, why);
    if (line.trim() === '' || line.startsWith(';')) continue;
    const [, name, value] = /^([\w-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw fail('"NAME: VALUE" was expected');
    if (seen.size === 0 && name !== 'Private-key-format') throw fail('no private key file: it begins with Private-key-format');
    if (seen.has(name)) throw fail(`${name} a second time`);
    seen.add(name);
    if (name === 'Private-key-format') checkFormat(value, fail);
    else if (name === 'Algorithm') algorithm = readAlgorithm(value, fail);
    else if (name === 'Engine' || name === 'Label') throw fail('the private key lies in another device, which is not supported');
    else if ((DATES as readonly string[]).includes(name)) dates[name as (typeof DATES)[number]] = readDate(value, fail);
    else if (KNOWN.has(name)) fields.set(name, readOctets(value, fail));
  }
  if (algorithm === undefined) throw new KeyFileError(file, 0, 'Algorithm is missing: the file is cut');
  return { algorithm, fields, dates };
}
type Fail = (why: string) => KeyFileError;

function checkFormat(value: string, fail: Fail): void {
  const [, major, minor] = /^v(\d+)\.(\d+)$/.exec(value) ?? [];
  if (major !== '1' || Number(minor) < 2) throw fail(`format ${value} is not known: v1.2 or v1.3 was expected`);
}
function readAlgorithm(value: string, fail: Fail): Algorithm {
  const found = algorithmOf(Number.parseInt(value, 10));
  if (found === undefined) throw fail(`algorithm ${value} is not supported`);
  return found;
}
function readDate(value: string, fail: Fail): number {
  try {
    if (/^\d{14}$/.test(value)) return timestamp.parse(new Words([{ text: value, quoted: false, glued: false }], 0, Name.root));
  } catch {
    // Said below.
  }
  throw fail(`"${value}" is no time: YYYYMMDDHHMMSS was expected`);
}
function readOctets(value: string, fail: Fail): Uint8Array {
  const octets = Buffer.from(value, 'base64');
  if (octets.toString('base64').replace(/=+$/, '') !== value.replace(/=+$/, '')) throw fail('a value that is not base64');
  return octets;
}

/** Without zeros in front, and at least `size` octets: numbers are written in either way. */
function numberOctets(octets: Uint8Array, size: number): Uint8Array {
  let from = 0;
  while (from < octets.length - Math.max(1, size) && octets[from] === 0) from++;
  if (octets.length - from >= size) return octets.subarray(from);
  const padded = new Uint8Array(size);
  padded.set(octets, size - octets.length);
  return padded;
}

/** The parts of a private key, for the public one that they belong to. */
function partsOf({ algorithm, fields }: PrivateFile, data: Uint8Array, file: string): PrivateParts {
  const parts: { [part: string]: string } = {};
  const size = algorithm.kind === 'ec' ? algorithm.keyLength / 2 : algorithm.kind === 'okp' ? algorithm.keyLength : 0;
  for (const [field, part] of fieldsOf(algorithm)) {
    const octets = fields.get(field);
    if (octets === undefined || octets.length === 0) throw new KeyFileError(file, 0, `${field} is missing: the file is cut`);
    if (size > 0 && (octets.length > size || (algorithm.kind === 'okp' && octets.length !== size))) {
      throw new KeyFileError(file, 0, `${field} has ${octets.length} octets where ${size} were expected`);
    }
    parts[part] = Buffer.from(numberOctets(octets, size)).toString('base64url');
  }
  if (algorithm.kind !== 'rsa') return parts;
  const modulus = fields.get('Modulus');
  const shown = rsaParts(keyOctets(data))?.n;
  if (modulus === undefined || shown === undefined) throw new KeyFileError(file, 0, 'Modulus is missing: the file is cut');
  const same = Buffer.compare(numberOctets(modulus, 1), numberOctets(shown, 1)) === 0;
  if (!same) throw new KeyFileError(file, 0, 'the private key is not that of the public key');
  return parts;
}

/** Seconds to live of a DNSKEY whose file has none (CoreDNS's own). */
const DEFAULT_TTL = 3600;

/**
 * A key of the texts of its two files. Throws KeyFileError, with the name of the file, where one is cut, both do not belong together, or
 * the algorithm cannot sign.
 */
export function readKeyFiles(publicText: string, publicName: string, privateText: string, privateName: string): KeyFiles {
  const open = parsePublicFile(publicText, publicName);
  const secret = parsePrivateFile(privateText, privateName);
  const number = algorithmNumber(open.data);
  if (number !== secret.algorithm.number) {
    throw new KeyFileError(privateName, 0, `its algorithm is ${secret.algorithm.number}, that of ${publicName} is ${number}`);
  }
  const parts = partsOf(secret, open.data, privateName);
  try {
    return { key: new SigningKey(open.owner, open.ttl ?? DEFAULT_TTL, open.data, parts), dates: secret.dates };
  } catch (error) {
    throw new KeyFileError(privateName, 0, (error as Error).message, { cause: error });
  }
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
function forPeople(seconds: number): string {
  const date = new Date(seconds * 1000);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${date.toISOString().slice(11, 19)} ${date.getUTCFullYear()}`;
}

/** What the names of a zone's files begin with, as BIND has it: `Kexample.org.`. */
export function keyFileStem(owner: Name): string {
  const code = (octet: string) => `%${octet.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
  return `K${owner.text.toLowerCase().replace(/[^a-z0-9._-]/g, code)}`;
}

/** The zone whose files begin so; undefined where none's do. */
export function stemOwner(stem: string): Name | undefined {
  if (!stem.startsWith('K')) return undefined;
  const owner = Name.maybe(stem.slice(1).replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))));
  return owner !== undefined && keyFileStem(owner) === stem ? owner : undefined;
}

/** The name of both files of a key without their endings: `Kexample.org.+013+12345`. */
export const keyFileName = (owner: Name, data: Uint8Array): string =>
  `${keyFileStem(owner)}+${String(algorithmNumber(data)).padStart(3, '0')}+${String(keyTag(data)).padStart(5, '0')}`;

/** The text of a `.key` file. */
export function printPublicFile(key: SigningKey, dates: KeyDates): string {
  const kind = (flagsOf(key.data) & ENTRY_POINT) === 0 ? 'zone' : 'key';
  const lines = [`; This is a ${kind}-signing key, keyid ${key.tag}, for ${key.owner.text}`];
  for (const date of DATES) {
    const at = dates[date];
    if (at !== undefined) lines.push(`; ${date}: ${timestamp.print(at)} (${forPeople(at)})`);
  }
  lines.push(printRR(record(key.owner, TYPE.DNSKEY, CLASS.IN, key.ttl, key.data)).replaceAll('\t', ' '));
  return `${lines.join('\n')}\n`;
}

/** The text of a `.private` file: v1.3, or v1.2, which has no dates. */
export function printPrivateFile(key: SigningKey, dates: KeyDates, format: 'v1.2' | 'v1.3' = 'v1.3'): string {
  const { algorithm } = key;
  const lines = [`Private-key-format: ${format}`, `Algorithm: ${algorithm.number} (${algorithm.name})`];
  if (algorithm.kind === 'rsa') {
    const { n, e } = rsaParts(keyOctets(key.data))!;
    lines.push(`Modulus: ${Buffer.from(n).toString('base64')}`, `PublicExponent: ${Buffer.from(e).toString('base64')}`);
  }
  const parts = key.privateParts();
  for (const [field, part] of fieldsOf(algorithm)) lines.push(`${field}: ${Buffer.from(parts[part]!, 'base64url').toString('base64')}`);
  if (format === 'v1.3') {
    for (const date of DATES) {
      const at = dates[date];
      if (at !== undefined) lines.push(`${date}: ${timestamp.print(at)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
