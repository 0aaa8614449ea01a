// The lines of *dnssec* as data (DSEC-1), with the texts of the key files read. Knows words and files; makes no key.
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import type { SigningSettings } from '../../authority/signing/settings.ts';
import { readKeyPair } from '../../authority/key-pair-files.ts';
import { keyFaults, ownKeyFaults } from '../../authority/zone-keys/key-faults.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import type { Name } from '../../dns/name.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { Zones, zonesOf } from '../../kernel/site/zones.ts';
import type { DenialKind } from './denial.ts';
import { readWhole } from './whole-config.ts';

/** Everything that the block says. */
export interface Settings {
  readonly zones: readonly Name[];
  /** The keys of files, and the paths of their private parts. */
  readonly keys: readonly SigningKey[];
  readonly files: readonly string[];
  /** The folder of keys that are made here, one for each zone; undefined where there are none. */
  readonly own: string | undefined;
  /** Names of secrets that have keys. */
  readonly secrets: readonly string[];
  /** Signatures that are kept. */
  readonly capacity: number;
  readonly denial: DenialKind;
  /** How whole zones are signed beforehand; undefined where replies are, on their way. */
  readonly whole: SigningSettings | undefined;
}

const CAPACITY = 10_000;
const KINDS = ['file', 'aws_secretsmanager', 'auto'];
const DENIALS: ReadonlyMap<string, DenialKind> = new Map([['compact', 'compact'], ['nsec3', 'nsec3']]);

/** Reads the line; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const line = once(lines);
  if (line.body?.some(({ word }) => word === 'auto') !== true) return readOnline(line, context);
  const zones = zonesOf(line.rest(), context.zones).names;
  const whole = readWhole(line, context);
  const among = new Zones(zones);
  line.mentions({ what: 'faults', find: () => keyFaults(whole.keys.folder, (zone) => among.match(zone) !== undefined) }, line.at);
  return { zones, keys: [], files: [], own: undefined, secrets: [], capacity: 0, denial: 'black lies', whole };
}
function readOnline(line: Directive, { zones: block, root, machine }: ParseContext): Settings {
  const zones = zonesOf(line.rest(), block).names;
  const keys: SigningKey[] = [];
  const files: string[] = [];
  const secrets: string[] = [];
  let own: string | undefined;
  let capacity = CAPACITY;
  let denial: DenialKind = 'black lies';
  const at = (path: string) => (root === undefined || path.startsWith('/') ? path : `${root.replace(/\/+$/, '')}/${path}`);
  line.properties({
    key(property) {
      const words = property.rest();
      if (words.length < 2) property.wrongArgs();
      const [kind, ...names] = words as [string, ...string[]];
      if (kind === 'aws_secretsmanager') secrets.push(...names);
      else if (kind === 'auto') {
        if (names.length > 1) property.wrongArgs();
        const folder = own = at(names[0]!);
        property.mentions({ what: 'faults', find: () => ownKeyFaults(folder, zones) });
      } else if (kind !== 'file') property.fail(`key is of a file or a secret, not of '${kind}'`, nearestWord(kind, KINDS));
      else {
        for (const name of names) {
          const { key, privateFile } = readKeyPair(at(name), machine.readFile);
          keys.push(key);
          files.push(privateFile);
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
  if (own !== undefined && keys.length + secrets.length > 0) throw new Error('key auto has no other keys beside it');
  if (own !== undefined && zones.some(({ labels }) => labels === 0)) {
    throw new Error('key auto needs zones: the root has its keys elsewhere');
  }
  return { zones, keys, files, own, secrets, capacity, denial, whole: undefined };
}

/** Throws Error for a key that is of none of the zones, nor of one above. */
export function checkOwners(keys: readonly SigningKey[], zones: readonly Name[]): void {
  for (const { owner, tag } of keys) {
    if (!zones.some((zone) => zone.isUnder(owner))) throw new Error(`key ${owner} (keyid: ${tag}) can not sign any of the zones`);
  }
}
