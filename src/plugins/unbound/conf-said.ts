// The settings of an unbound.conf as values: words, numbers, names, networks, records. Knows settings; what they are for it does not.
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { quoted } from '../../wording/quote.ts';
import type { Conf, ConfSetting } from './conf.ts';
import { ConfError } from './conf-words.ts';

/** The settings of a clause. */
export class Said {
  readonly #settings: readonly ConfSetting[];
  constructor(settings: readonly ConfSetting[]) {
    this.#settings = settings;
  }
  /** Those of all clauses `server`. */
  static server({ clauses }: Conf): Said {
    return new Said(clauses.filter(({ kind }) => kind === 'server').flatMap(({ settings }) => settings));
  }
  all(name: string): ConfSetting[] {
    return this.#settings.filter((each) => each.name === name);
  }
  last(name: string): ConfSetting | undefined {
    return this.all(name).at(-1);
  }
  yes(name: string, otherwise: boolean): boolean {
    return yesIn(this.last(name), otherwise);
  }
  number(name: string, otherwise: number): number {
    const found = this.last(name);
    if (found === undefined) return otherwise;
    if (!/^\d{1,9}$/.test(found.values[0]!)) throw wrong(found, 'a number');
    return Number(found.values[0]);
  }
  /** `4m`, `512k`, `1g`, `4096`. */
  octets(name: string): number | undefined {
    const found = this.last(name);
    if (found === undefined) return undefined;
    const [, digits, unit = ''] = /^(\d{1,12}) ?([kmg]?)b?$/i.exec(found.values[0]!) ?? [];
    if (digits === undefined) throw wrong(found, 'a size such as 4m');
    return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
  }
  names(name: string): Name[] {
    return this.all(name).map(nameIn);
  }
}
/** The error of a value that is none of those expected. */
export const wrong = ({ at, name, values }: ConfSetting, expected: string): ConfError =>
  new ConfError(at, `${name} is ${expected}, not ${quoted(values.join(' '))}`);
/** Yes or no. Throws ConfError. */
export function yesIn(setting: ConfSetting | undefined, otherwise: boolean): boolean {
  if (setting === undefined) return otherwise;
  const [word] = setting.values;
  if (word !== 'yes' && word !== 'no') throw wrong(setting, '"yes" or "no"');
  return word === 'yes';
}
/** A name. Throws ConfError. */
export function nameIn(setting: ConfSetting): Name {
  const name = Name.maybe(setting.values[0]!);
  if (name === undefined) throw wrong(setting, 'a name');
  return name;
}
/** Addresses and networks. Throws ConfError. */
export function networks(settings: readonly ConfSetting[]): CIDR[] {
  return settings.map((setting) => {
    const [text = ''] = setting.values;
    const octets = parseAddress(text);
    const found = parseCIDR(octets === undefined ? text : `${text}/${octets.length * 8}`);
    if (found === undefined) throw wrong(setting, 'an address or a network');
    return found;
  });
}
/** A record of a line; undefined where there is none in it. Throws ConfError. */
export function recordOf(text: string, at: ConfSetting['at']): RR | undefined {
  try {
    return parseRR(text);
  } catch (error) {
    throw new ConfError(at, (error as Error).message);
  }
}
