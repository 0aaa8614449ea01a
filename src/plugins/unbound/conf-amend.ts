// What an unbound.conf makes of answers: other addresses (`response-ip`), and those of IPv6 (`dns64-prefix`). Knows settings and rules.
import { readTranslationPrefix } from '../../dns/embedded.ts';
import { AddressRules, ADDRESS_ACTIONS } from '../../resolver/address-rules.ts';
import type { AddressRule } from '../../resolver/address-rules.ts';
import type { Amend } from '../../resolver/answering.ts';
import { translated } from '../../resolver/translation.ts';
import type { Ask, TranslationSettings } from '../../resolver/translation.ts';
import { networks, recordOf, wrong } from './conf-said.ts';
import type { Said } from './conf-said.ts';

/** The prefix where none is said. */
const USUAL = '64:ff9b::/96';

/** What is to be made of answers. */
export interface AmendSettings {
  readonly translation: TranslationSettings | undefined;
  readonly rules: readonly AddressRule[];
}
/** Those of the modules that are named. Throws ConfError. */
export function amendSettings(said: Said, modules: readonly string[]): AmendSettings {
  return { translation: modules.includes('dns64') ? translation(said) : undefined, rules: modules.includes('respip') ? rules(said) : [] };
}
function translation(said: Said): TranslationSettings {
  const setting = said.last('dns64-prefix');
  const prefix = readTranslationPrefix(setting?.values[0] ?? USUAL);
  if ('fault' in prefix) throw wrong(setting!, 'a network of IPv6 with 32, 40, 48, 56, 64 or 96 bits');
  return { prefix, always: said.yes('dns64-synthall', false), ignored: said.names('dns64-ignore-aaaa') };
}
function rules(said: Said): AddressRule[] {
  const data = said.all('response-ip-data').map((setting) => {
    const record = recordOf(`. ${setting.values[1]}`, setting.at);
    if (record === undefined) throw wrong(setting, 'a network and a record without its name');
    return { network: networks([setting])[0]!, record };
  });
  return said.all('response-ip').map((setting) => {
    const network = networks([setting])[0]!;
    const action = ADDRESS_ACTIONS.find((each) => each === setting.values[1]);
    if (action === undefined) throw wrong(setting, `a network and one of ${ADDRESS_ACTIONS.join(', ')}`);
    const isSame = ({ network: other }: { readonly network: typeof network }): boolean =>
      other.bits === network.bits && Buffer.compare(other.address, network.address) === 0;
    return { network, action, data: data.filter(isSame).map(({ record }) => record) };
  });
}

/** What makes it; undefined where nothing is to be made. */
export function amendBy({ translation, rules }: AmendSettings, now: () => number): Amend | undefined {
  if (rules.length === 0) return translation === undefined ? undefined : (question, ask) => translated(question, ask, translation);
  const byRules = new AddressRules(rules, now);
  if (translation === undefined) return async (question, ask) => byRules.apply(question, await ask(question), ask);
  return async (question, ask) => {
    let isDenied = false;
    // The addresses of IPv4 that are translated have their rules too.
    const amended: Ask = async (each) => {
      const found = await ask(each);
      const made = await byRules.apply(each, found, ask);
      isDenied ||= made === undefined;
      return made ?? { ...found, answer: [] };
    };
    const found = await translated(question, amended, translation);
    return isDenied ? undefined : byRules.apply(question, found, ask);
  };
}
