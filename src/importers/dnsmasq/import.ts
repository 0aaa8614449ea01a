// A dnsmasq.conf as a Corefile. Knows what dnsmasq does with each option, and in which order it looks for an answer: its own records and
// hosts,
// then the rule of the nearest domain.
import type { Importer } from '../importer.ts';
import { RECORD_OPTIONS } from './records.ts';
import { Blocks } from './blocks.ts';
import { Settings } from './settings.ts';
import { fateOf } from './idle.ts';
import { optionsOf } from './lines.ts';

/** Imports a file. Throws ImportError. */
export const importDnsmasq: Importer = (file, source, outcome, { hostname }) => {
  const settings = new Settings(source);
  const options = optionsOf(file, source, { file, line: 0 });
  // Some say what others mean, wherever they stand.
  settings.first(options, hostname);
  for (const option of options) {
    const { name, value } = option;
    const makes = Object.hasOwn(RECORD_OPTIONS, name) ? RECORD_OPTIONS[name] : undefined;
    const fate = makes === undefined ? settings.take(option)
      : settings.keep(makes((value ?? '').split(',').map((part) => part.trim()), settings.defaults));
    outcome.tell(option, option.text, fate === 'unknown' ? fateOf(name) : fate);
  }
  new Blocks(settings, source, outcome).write();
};

