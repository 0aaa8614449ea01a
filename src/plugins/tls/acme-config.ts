// What the braces of a `tls` line without files say (TLS-2): for which names certificates are ordered, and where. Knows words and their
// texts; orders nothing.
import { splitHostPort } from '../../dns/host-port.ts';
import type { Directive, PropertyReaders } from '../../corefile/directive.ts';
import { cryptography } from '../../secure/node.ts';
import { readAuthorities } from '../../secure/pair.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
import type { ExternalAccount } from './acme/jws.ts';
import type { ChallengeKind } from './acme/order.ts';

/** How certificates are ordered. */
export interface AcmeSettings {
  /** Lower-case, a wildcard's with its star; names of others than ASCII in their ASCII form. */
  readonly domains: readonly [string, ...string[]];
  readonly email: string | undefined;
  /** URL of the directory. */
  readonly ca: string;
  /** The folder of accounts and certificates. */
  readonly storage: string;
  /** Whom the ACME server is signed by, as PEM, where that is not one whom everybody trusts. */
  readonly root: string | undefined;
  /** Who is asked whether a proof can be seen. */
  readonly resolver: string | undefined;
  readonly challenge: ChallengeKind;
  readonly external: ExternalAccount | undefined;
}
/** What reading needs of the block. */
export interface AcmeContext {
  readonly path: (name: string) => string;
  readonly readFile: (path: string) => Uint8Array;
}

const KINDS: readonly ChallengeKind[] = ['dns-01', 'tls-alpn-01'];
const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory', STORAGE = '.coredns/acme';

/** The words, whatever they say: `others` are those that a line with files has as well. */
export function readAcme(line: Directive, context: AcmeContext, others: PropertyReaders): AcmeSettings {
  const said = new Map<string, readonly string[]>();
  const once = (least: number, most: number) => (option: Directive): void => {
    if (said.has(option.word)) option.fail(`ACME option ${quoted(option.word)} can only be specified once`);
    said.set(option.word, option.words(least, most));
  };
  const one = once(1, 1);
  const own = { acme: once(1, Infinity), email: one, ca: one, storage: one, ca_root: one, resolver: one, challenge: one, eab: once(2, 2) };
  line.properties({ ...others, ...own }, (other) => other.fail(`unknown ACME option ${quoted(other.word)}`));
  const text = (word: string): string | undefined => said.get(word)?.[0];
  const domains = [...new Set((said.get('acme') ?? []).map((domain) => domainOf(line, domain)))];
  const [first, ...more] = domains;
  if (first === undefined) line.refuse('ACME requires at least one domain', 'name it: tls { acme dns.example.org }');
  return {
    domains: [first, ...more], email: text('email'), ca: caOf(line, text('ca') ?? LETS_ENCRYPT),
    storage: context.path(text('storage') ?? STORAGE),
    root: rootOf(line, text('ca_root'), context), resolver: resolverOf(line, text('resolver')),
    challenge: challengeOf(line, text('challenge') ?? 'dns-01', domains),
    external: externalOf(line, said.get('eab'), context),
  };
}

/** A name of a host, perhaps with a star in front, in the words of CoreDNS where it is none. */
function domainOf(line: Directive, text: string): string {
  const plain = text.toLowerCase().replace(/\.$/, '');
  const name = plain.replace(/^\*\./, '');
  const refuse = (why = ''): never => line.refuse(`invalid ACME domain ${quoted(plain)}${why}`);
  if (name === '' || name.includes('*') || /^[\d.]+$/.test(name)) refuse();
  const labels = name.split('.');
  if (labels.includes('') || name.length > 253) refuse();
  for (const label of labels) {
    const [odd] = /[^a-z0-9\u0080-\uffff-]/.exec(label) ?? [];
    if (odd !== undefined) refuse(`: idna: disallowed rune U+${odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
    if (label.startsWith('-') || label.endsWith('-') || label.length > 63) refuse(`: idna: invalid label ${quoted(label)}`);
  }
  if (/^[a-z0-9.-]*$/.test(name)) return plain;
  let ascii = '';
  try {
    ascii = new URL(`http://${name}`).hostname;
  } catch {
    // It is none.
  }
  return ascii === '' || ascii.length > 253 ? refuse() : `${plain.startsWith('*.') ? '*.' : ''}${ascii}`;
}
function caOf(line: Directive, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || !isHttp || url.hostname === '') return line.refuse(`invalid ACME CA URL ${quoted(text)}`);
  if (url.protocol === 'http:') line.doubt('the ACME server is asked without TLS: whoever is on the way can take the account over');
  return url.href;
}
function rootOf(line: Directive, name: string | undefined, { path, readFile }: AcmeContext): string | undefined {
  if (name === undefined) return undefined;
  const file = path(name);
  const pem = line.attempt(() => {
    try {
      return new TextDecoder().decode(readFile(file));
    } catch (error) {
      throw new Error(`reading ACME CA root ${quoted(file)}: ${fileError(error, file)}`);
    }
  });
  line.attempt(() => readAuthorities(pem, cryptography().X509Certificate),
    () => line.refuse(`ACME CA root ${quoted(file)} contains no certificates`));
  return pem;
}
function resolverOf(line: Directive, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const parts = line.attempt(() => splitHostPort(text), (why) => line.refuse(`invalid ACME resolver ${quoted(text)}: ${why}`));
  if (parts.host === '') line.refuse(`invalid ACME resolver ${quoted(text)}: host is empty`);
  if (!/^\d{1,5}$/.test(parts.port) || Number(parts.port) < 1 || Number(parts.port) > 65535) {
    line.refuse(`invalid ACME resolver port ${quoted(parts.port)}`);
  }
  return text;
}
function challengeOf(line: Directive, text: string, domains: readonly string[]): ChallengeKind {
  const known = KINDS.find((kind) => kind === text);
  if (known === undefined) line.refuse(`challenge must be dns-01 or tls-alpn-01: '${text}'`);
  const wildcard = domains.find((domain) => domain.startsWith('*'));
  if (known !== 'dns-01' && wildcard !== undefined) line.refuse(`a wildcard is proved by dns-01 alone: '${wildcard}'`);
  return known;
}
/** The key is a secret: it stands in a file. */
function externalOf(line: Directive, said: readonly string[] | undefined, { path, readFile }: AcmeContext): ExternalAccount | undefined {
  if (said === undefined) return undefined;
  const [id = '', name = ''] = said;
  const file = path(name);
  const key = line.attempt(() => {
    try {
      return new TextDecoder().decode(readFile(file)).trim().replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
    } catch (error) {
      throw new Error(`reading the key of eab ${quoted(file)}: ${fileError(error, file)}`);
    }
  });
  if (!/^[\w-]{16,}$/.test(key)) line.refuse(`the key of eab ${quoted(file)} is no base64url`);
  return { id, key };
}
