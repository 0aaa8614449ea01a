// The words of *autopath* (AP-1). Knows what they mean; the file that they name is read through the machine.
import type { Directive } from '../../corefile/directive.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import { searchList } from '../../upstream/resolv-conf.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';

/** What a block's `autopath` says. */
export interface Settings {
  /** For names in these zones a path is looked for. */
  readonly zones: Zones;
  /** The search path of the file, the root last; undefined where no file was named. */
  readonly path: readonly Name[] | undefined;
  /** The plugin that is asked for the path, without the `@`; where it is there, the file does not count. */
  readonly source: string | undefined;
}

/** Reads every `autopath` of a block; what a later line says holds. */
export function readSettings(lines: Lines, { zones: block, machine }: ParseContext): Settings {
  let settings: Settings = { zones: zonesOf([], block), path: undefined, source: undefined };
  for (const line of lines) {
    const zones = line.rest();
    const last = zones.pop();
    // As CoreDNS: it takes a brace for the next line, which then has no word.
    if (last === undefined || line.body !== undefined) return line.refuse('no resolv-conf specified', 'name a file, or @ and a plugin');
    const found = last.startsWith('@') ? { source: last.slice(1) } : { path: readPath(line, last, machine.readFile) };
    settings = { ...settings, ...found, zones: zonesOf(zones, block) };
  }
  return settings;
}

function readPath(line: Directive, path: string, readFile: (path: string) => Uint8Array): readonly Name[] {
  try {
    const file = readFile(path);
    const words = searchList(latin1(file, 0, file.length));
    return [...words.map((word) => Name.parse(word).folded), Name.root];
  } catch (error) {
    return line.refuse(`failed to parse ${quoted(path)}: ${fileError(error, path)}`);
  }
}
