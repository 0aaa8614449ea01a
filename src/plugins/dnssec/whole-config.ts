// The lines of `dnssec { auto }` as data: zones that are signed before they are served. Knows words; opens nothing.
import { usualSettings } from '../../authority/zone-keys/key-settings.ts';
import type { Chain } from '../../authority/signing/chain.ts';
import type { SigningSettings } from '../../authority/signing/settings.ts';
import type { Directive } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';

const PROPERTIES = ['auto', 'keys', 'policy'];

/** Reads what is between the braces of a line with `auto`, behind its zones. Throws CorefileError. */
export function readWhole(line: Directive, { root }: ParseContext): SigningSettings {
  let folder: string | undefined;
  let chain: Chain = 'nsec';
  line.properties({
    auto: (property) => property.bare(),
    keys(property) {
      const path = property.only();
      folder = root === undefined || path.startsWith('/') ? path : `${root.replace(/\/+$/, '')}/${path}`;
    },
    policy(property) {
      property.end();
      chain = readPolicy(property);
    },
  }, (property) => {
    const { word } = property;
    property.fail(`auto has no '${word}': it signs whole zones, with keys of its own`, nearestWord(word, PROPERTIES));
  });
  if (folder === undefined) return line.refuse('auto needs "keys DIR", where the keys of its zones are kept');
  return { chain, keys: usualSettings(folder) };
}

function readPolicy(line: Directive): Chain {
  let isHashed = false;
  let isOptOut = false;
  line.properties({
    nsec3(property) {
      property.bare();
      isHashed = true;
    },
    optout(property) {
      property.bare();
      isOptOut = true;
    },
  });
  if (isOptOut && !isHashed) line.fail('optout is of nsec3: NSEC has none', 'a line with nsec3');
  return isOptOut ? 'opt-out' : isHashed ? 'nsec3' : 'nsec';
}
