// The settings of *dns64* (D64-1). Knows words and prefixes.
import type { Directive } from '../../corefile/directive.ts';
import { parseCIDR, printAddress } from '../../dns/address.ts';
import type { Lines } from '../../kernel/site/plugin.ts';

/** What a block's `dns64` says. */
export interface Settings {
  /** 16 octets, those behind the prefix zero, and the octets of the prefix: 4 to 12. */
  readonly prefix: Uint8Array;
  readonly octets: number;
  /** Whether names that have AAAA records get made ones in their place. */
  readonly translateAll: boolean;
  /** Whether clients that ask over IPv4 get them too. */
  readonly allowIpv4: boolean;
}

/** `64:ff9b::/96` (RFC 6052 section 2.1). */
const WELL_KNOWN = Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** Reads every `dns64` of a block; what a later line says holds. */
export function readSettings(lines: Lines): Settings {
  let settings: Settings = { prefix: WELL_KNOWN, octets: 12, translateAll: false, allowIpv4: false };
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
function readPrefix(line: Directive): Pick<Settings, 'prefix' | 'octets'> {
  const text = line.arg();
  const parsed = parseCIDR(text);
  if (parsed === undefined) return line.refuse(`invalid CIDR address: ${text}`);
  const { network, bits } = parsed;
  const shown = `"${printAddress(network)}/${bits}"`;
  if (network.length !== 16) line.fail(`invalid netmask ${network.length * 8} IPv6 address: ${shown}`);
  if (bits % 8 !== 0 || bits < 32 || bits > 96) line.fail(`invalid prefix length ${shown}`);
  return { prefix: network, octets: bits / 8 };
}
