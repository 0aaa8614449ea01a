// The TLS of an address whose blocks share it: certificates are joined, what protects has to be equal (KEY-12). Knows the rule; knows no
// handshake.
import type { ServerTls } from '../../secure/server-tls.ts';
import { ListenerSetting, placeOf } from './listener-setting.ts';
import type { SharedAddress, SharingBlock } from './listener-setting.ts';

/** The blocks of an address with TLS, in the order of the Corefile. */
export type TlsBlocks = readonly [ServerTls, ...ServerTls[]];

/** Where `tls` puts what a block says. Plain `dns://` addresses have none of it (TLS-3). */
export const TlsSetting = new ListenerSetting<ServerTls, TlsBlocks>('tls', join);

function join(blocks: readonly SharingBlock<ServerTls>[], { label, scheme }: SharedAddress): TlsBlocks | undefined {
  if (scheme === 'dns') return undefined;
  const [first] = blocks as readonly [SharingBlock<ServerTls>];
  for (const block of blocks) {
    const why = differ(first.said, block.said);
    if (why === undefined) continue;
    const between = `${label} between zones "${first.zone}" and "${block.zone}"`;
    throw new Error(`conflicting TLS configuration for shared listener ${between}: ${why}`);
  }
  return blocks.map(({ said }) => said!) as readonly ServerTls[] as TlsBlocks;
}
function differ(one: ServerTls | undefined, other: ServerTls | undefined): string | undefined {
  if (one === other) return undefined;
  const lines = [one, other].flatMap((each) => (each === undefined ? [] : [placeOf(each.at)])).join(' and ');
  const why = one === undefined || other === undefined ? 'TLS is configured for only one server block' : conflict(one, other);
  return why === undefined ? undefined : `${why} (${lines})`;
}

/** Why blocks cannot share an address, in CoreDNS's words: what protects has to be equal, certificates need not be (#8565). */
function conflict(one: ServerTls, other: ServerTls): string | undefined {
  if (one.clientAuth !== other.clientAuth) return 'client authentication policies differ';
  if (one.clientAuth !== 'nocert' && one.first.ca !== other.first.ca) return 'client CA pools differ';
  if (one.leastVersion !== other.leastVersion) return 'minimum TLS versions differ';
  return undefined;
}
