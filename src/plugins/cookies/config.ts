// The line of *cookies* as data, and the file of secrets. Knows words and text; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Lines } from '../../corefile/directive.ts';
import { COOKIE_SECRET } from '../../dns/cookie.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';
import { fileError } from '../../wording/errno.ts';

/** What a block says. */
export interface CookieLine {
  /** The file of secrets and what was in it; undefined: a secret of the process. */
  readonly file: { readonly path: string; readonly secrets: string } | undefined;
  /** Who gets no answer over UDP without a good cookie: nobody, who sends cookies, everybody. */
  readonly require: 'nothing' | 'cookie' | 'all';
}
/** Secrets that a file may have: the one that cookies are made with, and those on their way in and out. */
const MOST = 4;
const HEX = new RegExp(`^[0-9a-f]{${COOKIE_SECRET * 2}}$`, 'i');

/** The secrets of a file, one a line, as one text. Throws Error where there are none, or something else. */
export function readSecrets(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
  if (lines.length === 0) throw new Error('there is no secret in it');
  if (lines.length > MOST) throw new Error(`there are more than ${MOST} secrets in it`);
  // Not what stands there: the log is no place for it.
  lines.forEach((line, i) => {
    if (!HEX.test(line)) throw new Error(`secret ${i + 1} is not ${COOKIE_SECRET * 2} hexadecimal digits`);
  });
  return lines.join(' ').toLowerCase();
}

/** Reads the line. Throws CorefileError. */
export function readLine(lines: Lines, { machine, root }: ParseContext): CookieLine {
  const line = once(lines);
  const [word] = line.words(0, 1);
  let file: CookieLine['file'];
  if (word !== undefined) {
    const path = root === undefined || word.startsWith('/') ? word : `${root}/${word}`;
    line.mentions({ what: 'file', path });
    let text = '';
    try {
      text = new TextDecoder().decode(machine.readFile(path));
    } catch (error) {
      line.fail(fileError(error, path), 'a file with 32 hexadecimal digits: openssl rand -hex 16');
    }
    file = { path, secrets: line.attempt(() => readSecrets(text), (why) => line.fail(`${path}: ${why}`, 'openssl rand -hex 16')) };
  }
  let require: CookieLine['require'] = 'nothing';
  line.properties({
    require(property) {
      const [whom = 'cookie'] = property.words(0, 1);
      if (whom !== 'cookie' && whom !== 'all') property.fail(`require what: '${whom}'`, 'nothing behind it, or all');
      require = whom === 'all' ? 'all' : 'cookie';
    },
  });
  return { file, require };
}
