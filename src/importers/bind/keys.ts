// The keys of a named.conf in a file that their owner alone may read. Knows their form; their secrets go nowhere else.
import { plainName } from '../names.ts';
import type { Fate, Line, Outcome } from '../outcome.ts';
import { valueOf } from './tree.ts';
import type { Statement } from './tree.ts';

const ALGORITHMS: ReadonlySet<string> = new Set(['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512']);

/** Keys by name. */
export class KeyRing {
  readonly #texts = new Map<string, string>();

  add({ words: [, text = ''], body = [] }: Statement): Fate | undefined {
    const name = plainName(text), secret = valueOf(body, 'secret') ?? '', algorithm = (valueOf(body, 'algorithm') ?? '').toLowerCase();
    if (name === undefined) return { lost: 'its name cannot be written' };
    if (!ALGORITHMS.has(algorithm)) return { lost: `its algorithm is none of ${[...ALGORITHMS].join(', ')}` };
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret) || secret.length % 4 !== 0) return { lost: 'its secret is no base64' };
    this.#texts.set(name, `key "${name}" {\n    algorithm ${algorithm};\n    secret "${secret}";\n};\n`);
    return undefined;
  }
  has(name: string): boolean {
    return this.#texts.has(plainName(name) ?? '');
  }
  /** `tsig` with the file. */
  line(outcome: Outcome): Line {
    return { words: ['tsig'], inside: [{ words: ['secrets', this.write(outcome)!] }] };
  }
  /** Writes the file, where there are keys; its path. */
  write(outcome: Outcome): string | undefined {
    return this.#texts.size === 0 ? undefined : outcome.write('keys.conf', [...this.#texts.values()].join(''), true);
  }
}
