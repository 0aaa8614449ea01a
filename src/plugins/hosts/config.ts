// The lines of *hosts* as data (HST-1, HST-2). Knows words; opens nothing.
import { join } from 'node:path';
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import { parseAddress } from '../../dns/address.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';

/** What a `hosts` block says. */
export interface Settings {
  /** As written; relative to `root`. */
  file: string;
  /** Whether it was written, rather than the default. */
  named: boolean;
  zones: Zones;
  /** Lines in the format of the file. */
  readonly inline: string[];
  /** Seconds. */
  ttl: number;
  reverse: boolean;
  /** Milliseconds; 0 for never. */
  reload: number;
  fallthrough: Fallthrough;
  fallsForOtherTypes: boolean;
}

const PROPERTIES = ['fallthrough', 'fallthrough_unsupported', 'no_reverse', 'ttl', 'reload'];

/** Reads the lines; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const line = once(lines);
  const [file, ...zones] = line.rest();
  const path = file === undefined || file.startsWith('/') ? file : join(context.root ?? '', file);
  if (path !== undefined) line.mentions({ what: 'file', path }, line.argsAt[0]);
  const settings: Settings = {
    file: file ?? '/etc/hosts', named: file !== undefined, zones: zonesOf(zones, context.zones), inline: [],
    ttl: 3600, reverse: true, reload: 5000, fallthrough: NEVER, fallsForOtherTypes: false,
  };
  line.properties({
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
    fallthrough_unsupported(property) {
      property.words(0, 0);
      settings.fallsForOtherTypes = true;
    },
    no_reverse() {
      settings.reverse = false;
    },
    ttl: (property) => readTtl(property, settings),
    reload: (property) => readReload(property, settings),
  }, (property) => {
    // As CoreDNS: what it does not know is an entry; behind `fallthrough`, what begins with an address.
    const late = settings.fallthrough.names.length > 0;
    if (late && parseAddress(property.word) === undefined) property.fail(`unknown property '${property.word}'`);
    const names = property.rest();
    doubtEntry(property, names);
    settings.inline.push([property.word, ...names].join(' '));
  });
  if (settings.fallsForOtherTypes && settings.fallthrough.names.length === 0) line.fail('fallthrough_unsupported requires fallthrough');
  return settings;
}

/** Leaves word of an entry that is passed over. */
function doubtEntry(property: Directive, names: readonly string[]): void {
  const { word } = property;
  if (parseAddress(word.replace(/%.*/s, '')) === undefined) {
    const nearest = nearestWord(word, PROPERTIES);
    property.doubt(`${word} is no address, so the line is passed over`,
      nearest === undefined ? 'an entry is ADDRESS NAME...' : `did you mean '${nearest}'?`, 'unlikely', property.at);
  } else if (names.length === 0) property.doubt(`${word} has no name, so the line is passed over`, 'an entry is ADDRESS NAME...');
}

function readTtl(line: Directive, settings: Settings): void {
  const [text] = line.rest();
  if (text === undefined) return line.fail('ttl needs a time in second');
  settings.ttl = line.number(text, () => line.fail('ttl needs a number of second'));
  if (settings.ttl <= 0 || settings.ttl > 65535) line.fail('ttl provided is invalid');
}
function readReload(line: Directive, settings: Settings): void {
  const [text, ...more] = line.rest();
  if (text === undefined || more.length > 0) return line.fail('reload needs a duration (zero seconds to disable)');
  settings.reload = line.duration(text, () => line.fail(`invalid duration for reload '${text}'`));
  if (settings.reload < 0) line.fail(`invalid negative duration for reload '${text}'`);
}
