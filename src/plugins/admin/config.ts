// What an `admin` line says: the socket at which the server is looked at and told what to do. Knows words; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Lines } from '../../kernel/site/plugin.ts';

/** Where the socket is if nothing is said. */
const USUAL = '/run/coredns-ts/admin.sock';
/** Bytes that the path of a socket may have (unix(7)), with the ending that it is made under. */
const LONGEST = 100;

/** The path of the socket. Throws CorefileError. */
export function readAdmin(lines: Lines): string {
  const line = once(lines);
  const [address = `unix://${USUAL}`] = line.words(0, 1);
  line.bare();
  if (!address.startsWith('unix://')) {
    line.refuse(`'${address}' is no unix://PATH`, `the API is at a socket of this machine: unix://${USUAL}`);
  }
  const path = address.slice('unix://'.length);
  if (!path.startsWith('/')) line.refuse(`'${path}' is no absolute path`, 'unix:// and a path that begins with /');
  if (Buffer.byteLength(path) > LONGEST) line.refuse(`the path of a socket has at most ${LONGEST} bytes: '${path}'`);
  return path;
}
