// What is printed at the first start: a line a zone, and the versions (CLI-5, CLI-11, CLI-12). Knows addresses; knows no process.
import { Name } from '../dns/name.ts';
import { isReverse } from '../dns/reverse.ts';
import type { Address } from '../kernel/site/build.ts';
import { socketsOf } from '../kernel/serving/serving.ts';
import { COREDNS_VERSION, VERSION } from '../kernel/version.ts';

/** The version of CoreDNS whose behaviour this is, as scripts look for it. */
export const CORE_VERSION = `CoreDNS-${COREDNS_VERSION}`;
export { VERSION };

/** RFC 1035 section 2.3.1, preferred name syntax. */
const PREFERRED = /^(([A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?)\.)+$/;

/** One line a zone of each server, sorted by zone, with a warning before unusual spellings. Each socket of `multisocket` is a server. */
export function banner(addresses: readonly Address[]): string {
  return addresses.map((address) => lines(address).repeat(socketsOf(address) ?? 1)).join('');
}
function lines({ endpoint: { scheme, address, port }, zones }: Address): string {
  let text = '';
  const names = [...new Set(zones.map(([zone]) => Name.wire(zone).text))].sort();
  for (const zone of names) {
    if (zone !== '.' && isReverse(Name.parse(zone)) === 0 && !PREFERRED.test(zone)) {
      text += `Warning: Domain "${zone}" does not follow RFC1035 preferred syntax\n`;
    }
    text += `${scheme === 'dns' ? '' : `${scheme}://`}${zone}:${port}${address === '' ? '' : ` on ${address}`}\n`;
  }
  return text;
}

/** CoreDNS's two lines, then one of our own. */
export function versionLines(): string {
  const platform = `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  return `${CORE_VERSION}\n${platform}, node${process.versions.node}, coredns-ts\ncoredns-ts ${VERSION}\n`;
}
