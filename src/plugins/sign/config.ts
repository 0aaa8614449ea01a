// The lines of *sign* as data (SIGN-1), with the key files read. Knows words and files; signs nothing.
import type { Chain } from '../../authority/signing/chain.ts';
import { readKeyPair } from '../../authority/key-pair-files.ts';
import type { Name } from '../../dns/name.ts';
import type { Directive } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { quoted } from '../../wording/quote.ts';

/** One `sign`. */
export interface SignSettings {
  /** The zone's file, and where the signed ones go. */
  readonly input: string;
  readonly directory: string;
  readonly zones: readonly Name[];
  readonly keys: readonly SigningKey[];
  /** How the signed zone denies. */
  readonly chain: Chain;
}

const DIRECTORY = '/var/lib/coredns';
const OPT_OUT = 'optout';
const KINDS = ['file', 'directory'];

/** Reads every `sign` of a block; throws with CoreDNS's texts. */
export const readSettings = (lines: Lines, context: ParseContext): readonly SignSettings[] => lines.map((line) => readOne(line, context));

function readOne(line: Directive, { zones: block, root, machine }: ParseContext): SignSettings {
  const at = (path: string) => (root === undefined || path.startsWith('/') ? path : `${root.replace(/\/+$/, '')}/${path}`);
  const input = at(line.arg());
  const zones = zonesOf(line.rest(), block).names.map((zone) => zone.folded);
  const keys: SigningKey[] = [];
  let directory = DIRECTORY;
  let chain: Chain = 'nsec';
  line.properties({
    key(property) {
      const words = property.rest();
      if (words.length === 0 || (words[0] === 'file' && words.length < 2)) property.wrongArgs();
      const [kind, ...names] = words as [string, ...string[]];
      if (kind === 'directory') throw new Error('directory: not implemented');
      if (kind !== 'file') property.fail(`key is of a file, not of '${kind}'`, nearestWord(kind, KINDS));
      for (const name of names) {
        const { key, publicFile } = readKeyPair(at(name), machine.readFile);
        if (!key.entryPoint) throw new Error(`DNSKEY in ${quoted(publicFile)} is not a CSK/KSK`);
        keys.push(key);
      }
    },
    nsec3(property) {
      const [word] = property.words(0, 1);
      if (word !== undefined && word !== OPT_OUT) property.fail(`nsec3 has 'optout' behind it, not '${word}'`, OPT_OUT);
      chain = word === undefined ? 'nsec3' : 'opt-out';
    },
    directory(property) {
      directory = property.arg();
      property.end();
    },
  });
  return { input, directory: at(directory), zones, keys, chain };
}
