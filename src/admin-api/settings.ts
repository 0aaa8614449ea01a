// What a line says that lets the server be looked at (`admin`, `console`): where that is, who may, and what is written of questions.
// Knows words; opens nothing.
import { once } from '../corefile/directive.ts';
import type { Directive } from '../corefile/directive.ts';
import { splitHostPort } from '../dns/host-port.ts';
import type { ListenSettings } from './listen.ts';
import { readTokenFile, textOfFile } from './token-file.ts';
import type { Privacy } from '../kernel/seen/seen.ts';
import type { Lines, ParseContext } from '../kernel/site/plugin.ts';
import { cryptography } from '../secure/node.ts';
import { readPair } from '../secure/pair.ts';
import { ROLES } from '../secure/tokens.ts';
import type { Role } from '../secure/tokens.ts';

/** What a line of the file of tokens is. */
const TOKEN_FORM = 'a line is HOLDER ROLE . HASH, such as deploy operate . 9f86d0...';
/** Bytes that the path of a socket may have (unix(7)), with the ending that it is made under. */
const LONGEST = 100;
/** An address that nobody outside of this machine reaches. */
const NEAR = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/;

/** How a word differs from others. */
export interface LookingWord {
  readonly name: string;
  /** Where it listens if nothing is said. */
  readonly usual: string;
}
/** What a line says. */
export interface AdminSettings extends ListenSettings {
  readonly privacy: Privacy;
  /** The folder in which Corefiles that served outlive the process. */
  readonly state: string | undefined;
}
/** Throws CorefileError. */
export function readAdmin(lines: Lines, { machine, root = '' }: ParseContext, word: LookingWord): AdminSettings {
  const line = once(lines);
  const whole = (path: string): string => (path.startsWith('/') || root === '' ? path : `${root}/${path}`);
  const read = (path: string): string => textOfFile(path, machine.readFile);
  const { file, line: number } = line.at;
  const [where = word.usual] = line.words(0, 1);
  const { listen, isSecure } = readAddress(line, where, word);
  const may = new Map<string, Role>();
  const hosts: string[] = [];
  let names = true;
  let clients: Privacy['clients'] = 'show';
  let state: string | undefined, tokens: string | undefined, ca: string | undefined, pair: readonly [cert: string, key: string] | undefined;
  line.properties({
    tls(property) {
      const [cert = '', key = ''] = property.words(2, 2).map(whole);
      property.attempt(() => readPair({ cert: read(cert), key: read(key), ca: undefined }, cryptography()));
      pair = [cert, key];
    },
    state(property) {
      state = whole(property.only());
    },
    client_ca(property) {
      ca = whole(property.only());
    },
    tokens(property) {
      tokens = whole(property.only());
      readTokenFile(property, tokens, machine.readFile, TOKEN_FORM);
    },
    may(property) {
      const [role = '', ...holders] = property.words(2);
      if (!(ROLES as readonly string[]).includes(role)) property.refuse(`there is no role '${role}'`, `may ${ROLES.join('|')} NAME...`);
      for (const holder of holders) may.set(holder, role as Role);
    },
    host(property) {
      hosts.push(...property.words(1).map((name) => name.toLowerCase()));
    },
    names(property) {
      const word = property.only();
      if (word !== 'show' && word !== 'hide') property.refuse(`names is show or hide, not '${word}'`);
      names = word === 'show';
    },
    clients(property) {
      clients = readClients(property);
    },
  });
  together(line, where, isSecure, { name: word.name, tokens, ca, pair, may });
  const tls = pair === undefined ? undefined : tlsOf(line, { cert: pair[0], key: pair[1], ca }, read);
  return { at: { file, line: number }, listen, tls, tokens, may, hosts, state, privacy: { names, clients } };
}
/** What options mean together: nobody is let in who shows nothing, but over a socket of this machine. */
function together(line: Directive, where: string, isSecure: boolean, { name, tokens, ca, pair, may }: {
  readonly name: string; readonly tokens: string | undefined; readonly ca: string | undefined; readonly pair: object | undefined;
  readonly may: ReadonlyMap<string, Role>;
}): void {
  if (isSecure !== (pair !== undefined)) {
    line.fail(isSecure ? `${where} has no certificate` : 'tls belongs to an address with https://', 'tls CERT KEY, with https://ADDRESS');
  }
  if ((ca === undefined) !== (may.size === 0)) {
    line.fail('client_ca and may belong together',
      'client_ca FILE says whose certificates are good, may ROLE NAME... what their holders may do');
  }
  if (ca !== undefined && !isSecure) line.fail('client_ca belongs to an address with https://', `${name} https://ADDRESS`);
  if (!where.startsWith('unix://') && tokens === undefined && ca === undefined) {
    line.fail('the API would let everybody in', 'say who may do what: tokens FILE');
  }
}
function readAddress(line: Directive, where: string, { usual }: LookingWord): {
  readonly listen: ListenSettings['listen']; readonly isSecure: boolean;
} {
  if (where.startsWith('unix://')) {
    const path = where.slice('unix://'.length);
    if (!path.startsWith('/')) line.refuse(`'${path}' is no absolute path`, 'unix:// and a path that begins with /');
    if (Buffer.byteLength(path) > LONGEST) line.refuse(`the path of a socket has at most ${LONGEST} bytes: '${path}'`);
    return { listen: { path }, isSecure: false };
  }
  const [, scheme, text = ''] = /^(https?):\/\/([^/]+)\/?$/.exec(where) ?? [];
  if (scheme === undefined) line.refuse(`'${where}' is no unix://PATH and no https://ADDRESS`, `the usual place is ${usual}`);
  const { host, port } = line.attempt(() => splitHostPort(text));
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) line.refuse(`invalid port in '${where}'`, 'https://HOST:PORT');
  const address = host === '' ? `0.0.0.0:${port}` : text;
  if (scheme === 'http' && !NEAR.test(address)) {
    line.refuse(`the API would be in the clear at ${address}`, 'without TLS it listens on a loopback address, or on a socket');
  }
  line.mentions({ what: 'http', address });
  return { listen: { address }, isSecure: scheme === 'https' };
}
function tlsOf(line: Directive, files: { readonly cert: string; readonly key: string; readonly ca: string | undefined },
  read: (path: string) => string): ListenSettings['tls'] {
  const { cert, key, ca } = files;
  const first = line.attempt(() =>
    readPair({ cert: read(cert), key: read(key), ca: ca === undefined ? undefined : read(ca) }, cryptography()));
  return { files, first };
}
/** `show`, `hide`, or how much of an address is written: `/24 /56`. */
function readClients(property: Directive): Privacy['clients'] {
  const words = property.words(1, 2);
  const [first = '', second] = words;
  if (second === undefined && (first === 'show' || first === 'hide')) return first;
  const [v4, v6] = words.map((word) => (/^\/\d{1,3}$/.test(word) ? Number(word.slice(1)) : -1));
  if (v4 === undefined || v6 === undefined || v4 < 0 || v4 > 32 || v6 < 0 || v6 > 128) {
    property.refuse(`clients is show, hide, or the networks that are written, not '${words.join(' ')}'`, 'clients /24 /56');
  }
  return { v4, v6 };
}
