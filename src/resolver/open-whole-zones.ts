// Opens the zones that a resolver has whole: those of files, and those of primaries, whose names it looks up itself and whose digests it
// holds against its own chain of trust. Knows zones and a resolver; knows no question. Main's, but for the cells.
import { openTransferred, transferredCellOf } from '../authority/pulling/open-transferred.ts';
import type { Wanted } from '../authority/pulling/open-transferred.ts';
import type { Primary } from '../authority/pulling/settings.ts';
import type { TransferredZone } from '../authority/pulling/transferred-zone.ts';
import type { DigestRule } from '../authority/zone/digest-rule.ts';
import { openZone, zoneCellOf } from '../authority/zone/open-zone.ts';
import type { ZoneLine } from '../authority/zone/open-zone.ts';
import { MOST_ITERATIONS } from '../authority/zone/version.ts';
import type { ZoneCell } from '../authority/zone/zone-cell.ts';
import { parseZonedAddress, printAddress, unmap } from '../dns/address.ts';
import { joinHostPort } from '../dns/host-port.ts';
import type { Name } from '../dns/name.ts';
import { DEFAULT_TTL } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Site } from '../kernel/site/site.ts';
import type { Store } from '../store/store.ts';
import type { Resolver } from './resolver.ts';
import type { ServerAddress } from './settings.ts';
import type { WholeZone, WholeZonePrimaries } from './whole-zone.ts';
import { approve } from './zone-approval.ts';

/** A zone of primaries that is open. */
export interface OpenWholeZone {
  readonly primaries: WholeZonePrimaries;
  readonly digest: DigestRule;
  readonly transferred: TransferredZone;
}

/** How a zone is opened: by its file, or by its primaries. */
function wantedOf(whole: WholeZone, site: Site): ZoneLine | Wanted {
  const { zone, digest, primaries } = whole;
  const file = whole.file === undefined ? undefined : site.path(whole.file);
  if (primaries === undefined) return { zone, path: file!, reload: 0, interval: '0s', unchanged: 'take', digest, ttl: DEFAULT_TTL };
  const line = {
    primaries: primaries.addresses.map(primaryAt), key: undefined, mostRecords: Infinity, mostBytes: 0, mostIterations: MOST_ITERATIONS,
    snapshot: undefined, zonefile: file, isNewest: false, asksExpiry: false, digest, allMetrics: false,
  };
  return { zone, line, id: primaries.names.map(({ name, port }) => `${name.text}@${port}`).join(' '), signing: undefined };
}
/** Where what is served of the zone stands, in any thread. */
export function wholeZoneCellOf(store: Store, whole: WholeZone, site: Site): ZoneCell {
  const wanted = wantedOf(whole, site);
  return 'line' in wanted ? transferredCellOf(store, wanted) : zoneCellOf(store, wanted);
}
/** A server at an address. */
export function primaryAt({ address, port }: ServerAddress): Primary {
  const text = joinHostPort(address, String(port));
  return { text, address, port, client: printAddress(unmap(parseZonedAddress(address)!.address)), identity: text };
}

/** Opens them. One that cannot be served is told, and missed: its names are, not the others. `plugin` is whose word the log has. */
export async function openWholeZones(run: Run, site: Site, plugin: string, zones: readonly WholeZone[]): Promise<OpenWholeZone[]> {
  const log = run.log.prefix(plugin);
  const open: OpenWholeZone[] = [];
  for (const settings of zones) {
    const wanted = wantedOf(settings, site);
    try {
      if (!('line' in wanted)) await openZone(run, plugin, wanted);
      else {
        const transferred = await openTransferred(run, plugin, run.signal, wanted, undefined);
        // What its file has is served from the start on.
        await transferred.restored();
        open.push({ primaries: settings.primaries!, digest: settings.digest, transferred });
      }
    } catch (error) {
      log.error(`zone ${settings.zone.text}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return open;
}
/** Begins to look after them: no question is asked before the server listens. */
export function beginWholeZones(open: readonly OpenWholeZone[], resolver: Resolver): void {
  for (const { primaries, digest, transferred } of open) {
    if (primaries.names.length > 0) {
      const plain = primaries.addresses.map(primaryAt);
      transferred.find = async () => [...plain, ...await serversOf(primaries, resolver)];
    }
    if (digest !== 'ignore') transferred.approve = (scratch) => approve(resolver, transferred.name, scratch);
    transferred.begin();
  }
}
/** The addresses that a name has, where they are not bogus. */
export async function addressesOf(resolver: Resolver, name: Name): Promise<readonly Uint8Array[]> {
  const { ipv4, ipv6 } = resolver.settings;
  const types = [...(ipv4 ? [TYPE.A] : []), ...(ipv6 ? [TYPE.AAAA] : [])];
  const found = await Promise.all(types.map((type) => resolver.resolve({ name, type, class: CLASS.IN })));
  return found.flatMap(({ answer }, i) => answer.filter(({ type }) => type === types[i]).flatMap(({ data }) => data));
}
/** Servers by their names, as this resolver finds and validates them. */
async function serversOf({ names }: WholeZonePrimaries, resolver: Resolver): Promise<Primary[]> {
  const found = await Promise.all(names.map(async ({ name, port }) =>
    (await addressesOf(resolver, name)).map((octets) => primaryAt({ address: printAddress(octets), port }))));
  return found.flat();
}
