// A dnsmasq.conf as a Corefile. Knows what dnsmasq does with each option, and in which order it looks for an answer: its own records and
// hosts,
// then the rule of the nearest domain.
import type { Importer, Machine } from '../importer.ts';
import type { Line, Outcome } from '../outcome.ts';
import type { Source } from '../source.ts';
import { RECORD_OPTIONS } from './records.ts';
import { Blocks } from './blocks.ts';
import { Settings } from './settings.ts';
import { fateOf } from './idle.ts';
import { optionsOf } from './lines.ts';
import type { Option } from './lines.ts';

/** Imports a file. Throws ImportError. */
export const importDnsmasq: Importer = (file, source, outcome, machine) =>
  importOptions(optionsOf(file, source, { file, line: 0 }), { source, outcome, machine, lists: [] });

/** What options are imported with; `lists` are lines that each block has before its cache. */
export interface OptionParts {
  readonly source: Source;
  readonly outcome: Outcome;
  readonly machine: Machine;
  readonly lists: readonly Line[];
}
/** Imports options, wherever they come from. */
export function importOptions(options: readonly Option[], { source, outcome, machine, lists }: OptionParts): void {
  const settings = new Settings(source);
  settings.lists.push(...lists);
  // Some say what others mean, wherever they stand.
  settings.first(options, machine.hostname);
  for (const option of options) {
    const { name, value } = option;
    const makes = Object.hasOwn(RECORD_OPTIONS, name) ? RECORD_OPTIONS[name] : undefined;
    const fate = makes === undefined ? settings.take(option)
      : settings.keep(makes((value ?? '').split(',').map((part) => part.trim()), settings.defaults));
    outcome.tell(option, option.text, fate === 'unknown' ? fateOf(name) : fate);
  }
  new Blocks(settings, source, outcome).write();
}
