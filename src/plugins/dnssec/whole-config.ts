// The lines of `dnssec { auto }` as data: zones that are signed before they are served. Knows words; opens nothing.
import { USUAL_POLICY } from '../../authority/zone-keys/key-settings.ts';
import type { Chain } from '../../authority/signing/chain.ts';
import type { SigningSettings } from '../../authority/signing/settings.ts';
import type { Directive } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import type { KeyPolicy } from '../../dnssec/rollover/wishes.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';
import { splitPort } from '../../upstream/address.ts';
import type { DatagramPeer } from '../../upstream/datagrams.ts';
import { PolicyReader } from './key-policy.ts';
import { ParentServers } from './parent-servers.ts';

const PROPERTIES = ['auto', 'keys', 'policy', 'foreign', 'dsboot', 'parent', 'resolver', 'notify_cds'];

/** Reads what is between the braces of a line with `auto`, behind its zones. Throws CorefileError. */
export function readWhole(line: Directive, { root }: ParseContext): SigningSettings {
  let folder: string | undefined;
  let chain: Chain = 'nsec';
  let policy = USUAL_POLICY;
  let foreign: string | undefined;
  let servers: readonly Name[] = [];
  const parent: { servers: DatagramPeer[]; resolvers: DatagramPeer[]; notifies: boolean } = { servers: [], resolvers: [], notifies: false };
  const at = (path: string): string => (root === undefined || path.startsWith('/') ? path : `${root.replace(/\/+$/, '')}/${path}`);
  line.properties({
    auto: (property) => property.bare(),
    keys(property) {
      folder = at(property.only());
    },
    policy(property) {
      property.end();
      ({ chain, policy } = readPolicy(property));
    },
    foreign(property) {
      foreign = at(property.only());
    },
    dsboot(property) {
      servers = property.words(1).map((text) => Name.maybe(text) ?? property.fail(`'${text}' is no name`));
    },
    parent(property) {
      parent.servers = peersOf(property);
    },
    resolver(property) {
      parent.resolvers = peersOf(property);
    },
    notify_cds(property) {
      property.bare();
      parent.notifies = true;
    },
  }, (property) => {
    const { word } = property;
    property.fail(`auto has no '${word}': it signs whole zones, with keys of its own`, nearestWord(word, PROPERTIES));
  });
  if (folder === undefined) return line.refuse('auto needs "keys DIR", where the keys of its zones are kept');
  return { chain, keys: { folder, policy, foreign, servers, parent: new ParentServers(parent) } };
}

function readPolicy(line: Directive): { readonly chain: Chain; readonly policy: KeyPolicy } {
  let isHashed = false;
  let isOptOut = false;
  const keys = new PolicyReader();
  line.properties({
    nsec3(property) {
      property.bare();
      isHashed = true;
    },
    optout(property) {
      property.bare();
      isOptOut = true;
    },
    ...keys.readers,
  });
  if (isOptOut && !isHashed) line.fail('optout is of nsec3: NSEC has none', 'a line with nsec3');
  return { chain: isOptOut ? 'opt-out' : isHashed ? 'nsec3' : 'nsec', policy: keys.policy(line) };
}

/** Addresses of servers, of port 53 where none is said. */
function peersOf(line: Directive): DatagramPeer[] {
  return line.words(1).map((text) => {
    const { host, port } = splitPort(text) ?? { host: text, port: '53' };
    if (parseAddress(host) === undefined || !(Number(port) > 0 && Number(port) < 65_536)) line.fail(`'${text}' is no address`);
    return { address: host, port: Number(port) };
  });
}
