// The settings of *siit* (SIIT-1, SIIT-2). Knows words, prefixes and pairs of addresses.
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress, printAddress, unmap } from '../../dns/address.ts';
import { WELL_KNOWN, readTranslationPrefix } from '../../dns/embedded.ts';
import type { TranslationPrefix } from '../../dns/embedded.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { quoted } from '../../wording/quote.ts';

/** What a block's `siit` lines say together. */
export interface Settings {
  readonly prefix: TranslationPrefix;
  /** Explicit address mappings (RFC 7757): IPv4 addresses by the IPv6 address as it is printed. */
  readonly mappings: ReadonlyMap<string, Uint8Array>;
}

/** Reads every `siit` of a block: the last prefix counts, and of two mappings of one IPv6 address the later one. */
export function readSettings(lines: Lines): Settings {
  let prefix = WELL_KNOWN;
  const mappings = new Map<string, Uint8Array>();
  for (const line of lines) {
    line.end();
    line.properties({
      ipv6_prefix: (property) => {
        prefix = readPrefix(property);
        property.end();
      },
      eam: (property) => {
        const [four, six] = [property.arg(), property.arg()];
        property.end();
        const address = readAddress(property, four, 4);
        mappings.set(printAddress(readAddress(property, six, 16)), address);
      },
    });
  }
  return { prefix, mappings };
}

function readPrefix(line: Directive): TranslationPrefix {
  const text = line.arg();
  const found = readTranslationPrefix(text);
  if (!('octets' in found)) {
    if (found.fault === 'none') return line.refuse(`invalid CIDR address: ${text}`);
    if (found.fault === 'family') return line.fail(`invalid netmask ${found.bits} IPv6 address: ${quoted(found.shown)}`);
    return line.fail(`invalid prefix length ${quoted(found.shown)}: must be one of /32, /40, /48, /56, /64, /96`);
  }
  const reserved = found.prefix[8]! !== 0;
  if (reserved) line.fail(`invalid prefix "${printAddress(found.prefix)}/${found.octets * 8}": reserved octet (byte 8) must be zero`);
  return found;
}

function readAddress(line: Directive, text: string, size: 4 | 16): Uint8Array {
  const parsed = parseAddress(text);
  // What it is that cannot be read, CoreDNS does not say.
  if (parsed === undefined) return line.fail('invalid IP address: "<nil>"', `${text} is no address`);
  const address = unmap(parsed);
  return address.length === size ? address : line.fail(`invalid IPv${size === 4 ? 4 : 6} address: ${quoted(text)}`);
}
