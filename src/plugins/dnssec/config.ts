// The lines of *dnssec* as data (DSEC-1), with the texts of the key files read. Knows words and files; makes no key.
import { once } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import { latin1 } from '../../dns/latin1.ts';
import type { Name } from '../../dns/name.ts';
import { readKeyFiles } from '../../dnssec/key-file.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import type { Lines, Machine, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { DenialKind } from './denial.ts';

/** Everything that the block says. */
export interface Settings {
  readonly zones: readonly Name[];
  /** The keys of files, and the paths of their private parts. */
  readonly keys: readonly SigningKey[];
  readonly files: readonly string[];
  /** Names of secrets that have keys. */
  readonly secrets: readonly string[];
  /** Signatures that are kept. */
  readonly capacity: number;
  readonly denial: DenialKind;
}

const CAPACITY = 10_000;
const KINDS = ['file', 'aws_secretsmanager'];
const DENIALS: ReadonlyMap<string, DenialKind> = new Map([['compact', 'compact'], ['nsec3', 'nsec3']]);

/** Reads the line; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, { zones: block, root, machine }: ParseContext): Settings {
  const line = once(lines);
  const zones = zonesOf(line.rest(), block).names;
  const keys: SigningKey[] = [];
  const files: string[] = [];
  const secrets: string[] = [];
  let capacity = CAPACITY;
  let denial: DenialKind = 'black lies';
  const at = (path: string) => (root === undefined || path.startsWith('/') ? path : `${root.replace(/\/+$/, '')}/${path}`);
  line.properties({
    key(property) {
      const words = property.rest();
      if (words.length < 2) property.wrongArgs();
      const [kind, ...names] = words as [string, ...string[]];
      if (kind === 'aws_secretsmanager') secrets.push(...names);
      else if (kind !== 'file') property.fail(`key is of a file or a secret, not of '${kind}'`, nearestWord(kind, KINDS));
      else {
        for (const name of names) {
          const base = at(name.replace(/\.(key|private)$/, ''));
          keys.push(readKey(base, machine));
          files.push(`${base}.private`);
        }
      }
    },
    cache_capacity(property) {
      capacity = property.integer('cache_capacity', { min: 0 });
      property.end();
    },
    denial(property) {
      const word = property.arg();
      denial = DENIALS.get(word) ?? property.fail(`denial is 'compact' or 'nsec3', not '${word}'`, nearestWord(word, DENIALS.keys()));
      property.end();
    },
  });
  checkOwners(keys, zones);
  return { zones, keys, files, secrets, capacity, denial };
}

function readKey(base: string, machine: Machine): SigningKey {
  const text = (path: string) => {
    try {
      const bytes = machine.readFile(path);
      return latin1(bytes, 0, bytes.length);
    } catch (error) {
      // As Go says it: `open x: no such file or directory` for `ENOENT: no such file or directory, open 'x'`.
      const [, what] = /^E[A-Z]+: (.*?)(?:, \w+.*)?$/.exec((error as Error).message) ?? [];
      throw new Error(`open ${path}: ${what ?? (error as Error).message}`, { cause: error });
    }
  };
  return readKeyFiles(text(`${base}.key`), `${base}.key`, text(`${base}.private`), `${base}.private`).key;
}

/** Throws Error for a key that is of none of the zones, nor of one above. */
export function checkOwners(keys: readonly SigningKey[], zones: readonly Name[]): void {
  for (const { owner, tag } of keys) {
    if (!zones.some((zone) => zone.isUnder(owner))) throw new Error(`key ${owner} (keyid: ${tag}) can not sign any of the zones`);
  }
}
