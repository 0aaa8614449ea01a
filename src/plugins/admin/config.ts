// What an `admin` line says: the socket at which the server is looked at and told what to do. Knows words; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import type { Privacy } from '../../kernel/seen/seen.ts';
import type { Lines } from '../../kernel/site/plugin.ts';

/** Where the socket is if nothing is said. */
const USUAL = '/run/coredns-ts/admin.sock';
/** Bytes that the path of a socket may have (unix(7)), with the ending that it is made under. */
const LONGEST = 100;

/** What a line says. */
export interface AdminSettings {
  /** The path of the socket. */
  readonly path: string;
  readonly privacy: Privacy;
}
/** Throws CorefileError. */
export function readAdmin(lines: Lines): AdminSettings {
  const line = once(lines);
  const [address = `unix://${USUAL}`] = line.words(0, 1);
  let names = true;
  let clients: Privacy['clients'] = 'show';
  line.properties({
    names(property) {
      const word = property.only();
      if (word !== 'show' && word !== 'hide') property.refuse(`names is show or hide, not '${word}'`);
      names = word === 'show';
    },
    clients(property) {
      clients = readClients(property);
    },
  });
  if (!address.startsWith('unix://')) {
    line.refuse(`'${address}' is no unix://PATH`, `the API is at a socket of this machine: unix://${USUAL}`);
  }
  const path = address.slice('unix://'.length);
  if (!path.startsWith('/')) line.refuse(`'${path}' is no absolute path`, 'unix:// and a path that begins with /');
  if (Buffer.byteLength(path) > LONGEST) line.refuse(`the path of a socket has at most ${LONGEST} bytes: '${path}'`);
  return { path, privacy: { names, clients } };
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
