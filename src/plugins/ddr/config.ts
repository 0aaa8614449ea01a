// The line of *ddr* as data. Knows words; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Directive, Lines } from '../../corefile/directive.ts';
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { RESOLVER_ARPA } from '../../authority/resolver-arpa.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';
import { quoted } from '../../wording/quote.ts';

/** What a block says. */
export interface DdrLine {
  /** Under what this server is known: what its certificates have to say. */
  readonly name: Name;
  /** Where clients that know the name ask. */
  readonly known: Name;
  /** Where clients reach it, in place of the addresses that it listens on. */
  readonly addresses: readonly string[];
  /** Addresses of this machine that are none of loopback or link. */
  readonly own: readonly string[];
}

/** Reads the line. Throws CorefileError. */
export function readLine(lines: Lines, { machine, zones }: ParseContext): DdrLine {
  const line = once(lines);
  const text = line.only();
  const absolute = text.endsWith('.') ? text : `${text}.`;
  const name = Name.maybe(absolute) ?? noName(line, text);
  const known = Name.maybe(`_dns.${absolute}`) ?? noName(line, text);
  if (name.key === '\0') noName(line, text);
  const addresses: string[] = [];
  line.properties({
    address(property) {
      for (const word of property.words(1)) {
        if (parseAddress(word) === undefined) property.fail(`not an IP address: ${quoted(word)}`, 'as clients know it');
        addresses.push(word);
      }
    },
  });
  if (!zones.some((zone) => RESOLVER_ARPA.isUnder(zone))) {
    line.doubt('this block is never asked for resolver.arpa', 'let the block have the zone . or resolver.arpa');
  }
  const own = [...machine.interfaces().values()].flat().filter((address) => !isLocal(address));
  return { name, known, addresses, own };
}
const noName = (line: Directive, text: string): never =>
  line.fail(`not a name: ${quoted(text)}`, 'the name that the certificates have: dns.example.org');
const isLocal = (address: string): boolean => address === '::1' || /^127\.|%|^fe80:/i.test(address);
