// The settings of *dns64* (D64-1). Knows words and prefixes.
import type { Directive } from '../../corefile/directive.ts';
import { WELL_KNOWN, readTranslationPrefix } from '../../dns/embedded.ts';
import type { TranslationPrefix } from '../../dns/embedded.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { quoted } from '../../wording/quote.ts';

/** What a block's `dns64` says. */
export interface Settings extends TranslationPrefix {
  /** Whether names that have AAAA records get made ones in their place. */
  readonly translateAll: boolean;
  /** Whether clients that ask over IPv4 get them too. */
  readonly allowIpv4: boolean;
}

/** Reads every `dns64` of a block; what a later line says holds. */
export function readSettings(lines: Lines): Settings {
  let settings: Settings = { ...WELL_KNOWN, translateAll: false, allowIpv4: false };
  for (const line of lines) {
    if (line.more) {
      settings = { ...settings, ...readPrefix(line) };
      line.end();
      for (const inner of line.body ?? []) settings = { ...settings, ...readStray(inner) };
      continue;
    }
    line.properties({
      prefix: (property) => {
        settings = { ...settings, ...readPrefix(property) };
      },
      translate_all: () => {
        settings = { ...settings, translateAll: true };
      },
      allow_ipv4: () => {
        settings = { ...settings, allowIpv4: true };
      },
    });
  }
  return settings;
}

/** CoreDNS does not read the block behind a prefix: each line of it counts as another `dns64`, whose word is not looked at. */
function readStray(line: Directive): Partial<Settings> {
  if (line.args.length <= 1) return line.more ? readPrefix(line) : {};
  line.rest();
  return line.wrongArgs();
}
/** 32, 40, 48, 56, 64 or 96 bits: no other prefix has a way to write an address behind it (D64-5). */
function readPrefix(line: Directive): TranslationPrefix {
  const text = line.arg();
  const found = readTranslationPrefix(text);
  if ('octets' in found) return found;
  if (found.fault === 'none') return line.refuse(`invalid CIDR address: ${text}`);
  if (found.fault === 'family') return line.fail(`invalid netmask ${found.bits} IPv6 address: ${quoted(found.shown)}`);
  return line.fail(`invalid prefix length ${quoted(found.shown)}`, 'a prefix has 32, 40, 48, 56, 64 or 96 bits');
}
