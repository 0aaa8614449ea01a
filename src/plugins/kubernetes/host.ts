// What a stanza takes of the machine it is read on: its addresses and its search list. Knows no options.
import { inPrefix, parseAddress, unmap } from '../../dns/address.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import type { Machine } from '../../kernel/site/plugin.ts';
import { searchList } from '../../upstream/resolv-conf.ts';

const LOOPBACK_V4 = Uint8Array.of(127, 0, 0, 0);
const LOOPBACK_V6 = parseAddress('::1')!, LINK_LOCAL = parseAddress('fe80::')!;
const isLoopback = (address: Uint8Array): boolean => inPrefix(address, LOOPBACK_V4, 8) || inPrefix(address, LOOPBACK_V6, 128);

/** The addresses of all interfaces without their zones, IPv4 before IPv6, but those that nobody reaches from elsewhere (K8S-15). */
export function ownAddresses(machine: Machine): readonly string[] {
  const all = [...machine.interfaces().values()].flat().map((text) => text.replace(/%.*/, '')).filter((text) => {
    const address = parseAddress(text);
    return address !== undefined && !isLoopback(unmap(address)) && !inPrefix(address, LINK_LOCAL, 10);
  });
  return [...all.filter((text) => !text.includes(':')), ...all.filter((text) => text.includes(':'))];
}

/** The search list of `/etc/resolv.conf` in lower case; empty where that cannot be read (K8S-17). What is no name is left out. */
export function searchNames(machine: Machine): readonly Name[] {
  let text: string;
  try {
    const file = machine.readFile('/etc/resolv.conf');
    text = latin1(file, 0, file.length);
  } catch {
    return [];
  }
  return searchList(text).flatMap((word) => {
    const name = Name.maybe(word);
    return name === undefined ? [] : [name.folded];
  });
}
