// What a `tls` line says (TLS-1, TLS-2). Knows its options and their texts; reads the files that it names, and opens nothing.
import type { Directive, Lines } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import { pluginError } from '../../corefile/error.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';
import { readPair } from '../../secure/pair.ts';
import type { Pair, Pem } from '../../secure/pair.ts';
import type { PairFiles } from '../../secure/pair-files.ts';
import { CLIENT_AUTH } from '../../secure/server-tls.ts';
import type { ClientAuth, LeastVersion } from '../../secure/server-tls.ts';
import { fileError } from '../../wording/errno.ts';
import { readAcme } from './acme-config.ts';
import type { AcmeSettings } from './acme-config.ts';
import { cryptography } from '../../secure/node.ts';

/** One line. */
export interface Settings {
  readonly at: Position;
  /** Where the certificate comes from: files, and what they had when the configuration was read; or whoever it is ordered from. */
  readonly source: { readonly files: PairFiles; readonly first: Pair } | { readonly acme: AcmeSettings };
  readonly clientAuth: ClientAuth;
  readonly leastVersion: LeastVersion;
  readonly keylog: { readonly path: string; readonly at: Position } | undefined;
  /** Sessions are not kept; kept with keys of this process; kept with keys that are made of these octets. */
  readonly tickets: 'off' | 'own' | Uint8Array;
}
/** A secret for tickets has so many octets at least. */
const LEAST_SECRET = 32;

interface Options {
  clientAuth: ClientAuth;
  leastVersion: LeastVersion;
  keylog: Settings['keylog'];
  tickets: Settings['tickets'];
}

/** The lines of a block: each is read, and the last one counts, as in CoreDNS. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  for (const line of lines.slice(0, -1)) line.doubt('another line behind it counts', 'leave one of them');
  return lines.map((line) => readLine(line, context)).at(-1)!;
}

function readLine(line: Directive, { root, machine }: ParseContext): Settings {
  const path = (name: string): string => (root === undefined || name.startsWith('/') ? name : `${root.replace(/\/+$/, '')}/${name}`);
  const options: Options = { clientAuth: 'nocert', leastVersion: 'TLSv1.2', keylog: undefined, tickets: 'own' };
  const { client_auth, keylog, ...ours } = readers(options, path, machine.readFile);
  const { readFile } = machine;
  if (line.args.length === 0) return { at: line.at, source: { acme: readAcme(line, { path, readFile }, ours) }, ...options };
  const [cert, key, ca] = argumentsOf(line);
  const files = { cert: path(cert!), key: path(key!), ca: ca === undefined ? undefined : path(ca) };
  line.properties({ client_auth, keylog, ...ours }, (other) => other.fail(`unknown option '${other.word}'`));
  return { at: line.at, source: { files, first: readFiles(line, files, machine.readFile) }, ...options };
}
/** CoreDNS names itself twice where their number is wrong. */
function argumentsOf(line: Directive): readonly string[] {
  try {
    return line.words(2, 3);
  } catch (error) {
    throw pluginError('tls', error);
  }
}

const readers = (options: Options, path: (name: string) => string, readFile: (path: string) => Uint8Array) => ({
  client_auth: (line: Directive) => {
    const word = line.only();
    const known = CLIENT_AUTH.find((each) => each === word);
    if (known === undefined) line.fail(`unknown authentication type '${word}'`);
    options.clientAuth = known;
  },
  keylog: (line: Directive) => {
    options.keylog = { path: path(line.only()), at: line.at };
  },
  min_version: (line: Directive) => {
    const word = line.only();
    if (word !== '1.2' && word !== '1.3') line.fail(`min_version must be 1.2 or 1.3: '${word}'`);
    options.leastVersion = `TLSv${word}`;
  },
  session_tickets: (line: Directive) => {
    const word = line.only();
    options.tickets = word === 'off' ? 'off' : secretIn(line, path(word), readFile);
  },
});
function secretIn(line: Directive, path: string, readFile: (path: string) => Uint8Array): Uint8Array {
  const secret = attempt(line, () => readFile(path), path, (reason) => `could not read the secret of session tickets: ${reason}`);
  const { length } = secret;
  if (length < LEAST_SECRET) line.fail(`the secret of session tickets has ${length} bytes: at least ${LEAST_SECRET} are needed`);
  return secret;
}

const pairError = (reason: string): string => `could not load TLS cert: ${reason}`;

function readFiles(line: Directive, files: PairFiles, readFile: (path: string) => Uint8Array): Pair {
  const text = (path: string, told: (reason: string) => string): string =>
    new TextDecoder().decode(attempt(line, () => readFile(path), path, told));
  const pem: Pem = {
    cert: text(files.cert, pairError), key: text(files.key, pairError),
    ca: files.ca === undefined ? undefined : text(files.ca, (reason) => `error reading ${files.ca}: ${reason}`),
  };
  return line.attempt(() => readPair(pem, cryptography()), (reason) =>
    line.refuse(reason.startsWith('could not read root') ? reason : pairError(reason)));
}
const attempt = <T>(line: Directive, read: () => T, path: string, told: (reason: string) => string): T => {
  try {
    return read();
  } catch (error) {
    return line.refuse(told(fileError(error, path)));
  }
};
