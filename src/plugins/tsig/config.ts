// The lines of *tsig* as data (TSIG-1): keys, and what has to be signed. Knows words and key files.
import type { Directive } from '../../corefile/directive.ts';
import { parseBase64 } from '../../dns/field-text.ts';
import { Name } from '../../dns/name.ts';
import { OPCODE } from '../../dns/rcode.ts';
import { typeByName } from '../../dns/type-name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import { USUAL, readBinding } from '../../tsig/algorithm.ts';
import type { Binding } from '../../tsig/algorithm.ts';
import { keyOf } from '../../tsig/key.ts';
import type { Key } from '../../tsig/key.ts';
import { readKeyFile } from './key-file.ts';

/** What is required: of every question, or of these numbers. */
export type Required = 'all' | ReadonlySet<number>;
/** What the lines say. */
export interface Config {
  readonly zones: Zones;
  readonly keys: readonly Key[];
  readonly types: Required;
  readonly opcodes: Required;
}
interface Draft {
  readonly secrets: Map<string, { readonly secret: string; readonly algorithm: string | undefined }>;
  readonly bound: Map<string, Binding>;
  types: Required;
  opcodes: Required;
}

/** Reads the line; throws with CoreDNS's text, which is the same for whatever is wrong, and the reason as a hint. */
export function readConfig([line, again]: Lines, { zones, root, machine }: ParseContext): Config {
  const of = zonesOf(line.rest(), zones);
  const draft: Draft = { secrets: new Map(), bound: new Map(), types: new Set(), opcodes: new Set() };
  line.properties({
    secret: (property) => readSecret(property, draft),
    secrets: (property) => readSecrets(property, draft, (file) => machine.readFile(inRoot(root, file))),
    algorithm: (property) => readAlgorithm(property, draft),
    require: (property) => {
      draft.types = readRequired(property, draft.types, (word) => (/^TYPE\d/.test(word) ? undefined : typeByName(word)));
    },
    require_opcode: (property) => {
      draft.opcodes = readRequired(property, draft.opcodes, (word) => (Object.hasOwn(OPCODE, word) ? OPCODE[word as 'QUERY'] : undefined));
    },
  }, (property) => property.wrongArgs('a tsig line has secret, secrets, algorithm, require and require_opcode'));
  again?.wrongArgs('tsig may stand once in a block: its keys go between the same braces');
  for (const name of draft.bound.keys()) {
    if (!draft.secrets.has(name)) line.refuse(`algorithm is given for the key ${name}, which has no secret`);
  }
  return { zones: of, keys: keysOf(line, draft), types: draft.types, opcodes: draft.opcodes };
}
const inRoot = (root: string | undefined, file: string): string =>
  (root === undefined || file.startsWith('/') ? file : `${root.replace(/\/+$/, '')}/${file}`);

function keysOf(line: Directive, { secrets, bound }: Draft): Key[] {
  return [...secrets].map(([name, { secret, algorithm }]) => {
    const octets = decoded(secret);
    if (octets === undefined) line.doubt(`the secret of the key ${name} is not base64, so nothing that it signs is valid`);
    const binding = bound.get(name);
    return keyOf(Name.parse(name), octets, binding ?? readBinding(algorithm ?? '') ?? USUAL, binding);
  });
}
/** As in CoreDNS a secret that is none is no error. */
function decoded(text: string): Uint8Array | undefined {
  try {
    return parseBase64(text);
  } catch {
    return undefined;
  }
}
function readName(line: Directive, text: string): string {
  return line.attempt(() => Name.parse(text).folded.text, (reason) => line.wrongArgs(reason));
}

function readSecret(line: Directive, { secrets }: Draft): void {
  const words = line.rest();
  const [name, secret] = words;
  if (name === undefined || secret === undefined || words.length > 2) return line.wrongArgs('a secret has a name and a text in base64');
  const key = readName(line, name);
  if (secrets.has(key)) line.wrongArgs(`there is a key ${key} already`);
  secrets.set(key, { secret, algorithm: undefined });
}
function readSecrets(line: Directive, { secrets }: Draft, read: (file: string) => Uint8Array): void {
  const words = line.rest();
  const [file] = words;
  if (file === undefined || words.length > 1) return line.wrongArgs('secrets has one file');
  const keys = line.attempt(() => readKeyFile(new TextDecoder().decode(read(file))), (reason) => line.wrongArgs(reason));
  for (const { name, secret, algorithm } of keys) {
    const key = readName(line, name);
    if (secrets.has(key)) line.wrongArgs(`there is a key ${key} already`);
    secrets.set(key, { secret, algorithm });
  }
}
function readAlgorithm(line: Directive, { bound }: Draft): void {
  const words = line.rest();
  const [name, algorithm] = words;
  const binding = words.length === 2 ? readBinding(algorithm!) : undefined;
  if (binding === undefined) return line.wrongArgs('algorithm has the name of a key, and hmac-sha1, -sha224, -sha256, -sha384 or -sha512');
  bound.set(readName(line, name!), binding);
}
function readRequired(line: Directive, before: Required, numberOf: (word: string) => number | undefined): Required {
  const words = line.rest();
  if (words.length === 0) line.wrongArgs();
  if (words[0] === 'all') return 'all';
  if (words[0] === 'none') return new Set();
  const required = new Set(before === 'all' ? [] : before);
  for (const word of words) {
    const number = word === word.toUpperCase() ? numberOf(word) : undefined;
    if (number === undefined) return line.wrongArgs(`${word} is not known here; names are in capitals`);
    required.add(number);
  }
  return before === 'all' ? before : required;
}
