// A resolver at work in a thread of the server: its sockets, its clock, its dice. Knows what a run has; knows no settings.
import type { Run } from '../kernel/site/plugin.ts';
import type { Site } from '../kernel/site/site.ts';
import type { ValidationSettings } from './anchors.ts';
import type { ResolverEvents, ServerNetwork } from './exchange.ts';
import type { LiveAnchors } from './live-anchors.ts';
import { Resolver } from './resolver.ts';
import type { ResolverSettings } from './settings.ts';
import { REACH_FLAGS } from './reach.ts';
import { SERVER_TABLE } from './servers.ts';
import { SharedRecords, sharedLimits } from './shared-records.ts';
import { Sockets } from './sockets.ts';

/** Makes one; `within` may put something between it and the world, and `live` are its anchors where they change. */
export function resolverIn(
  run: Run, site: Site, settings: ResolverSettings, validation: Omit<ValidationSettings, 'wall'> | undefined,
  within: (world: ServerNetwork) => ServerNetwork = (world) => world, events?: ResolverEvents, live?: LiveAnchors,
): Resolver {
  const { clock, datagrams, store } = run;
  const after = (milliseconds: number, call: () => void): (() => void) => clock.after(milliseconds, call);
  const network = within(new Sockets({ datagrams, after }));
  const epoch = clock.wall() - clock.monotonic();
  const space = run.space(site);
  const parts = { network, now: () => clock.monotonic(), after, random: secureRandom, udpSize: settings.udpSize, events,
    servers: { cards: store.cards('resolver servers', SERVER_TABLE), epoch },
    reach: space.flags('resolver reach', REACH_FLAGS),
    records: new SharedRecords(space.cache('resolver records', sharedLimits(settings.cacheBytes)), store.changes, epoch),
    turns: { claims: store.claims('resolver questions', settings.mostTime), hash: store.memory.hash, salt: saltOf(space.name), epoch } };
  if (validation === undefined) return new Resolver(settings, parts);
  return new Resolver(settings, parts, { ...validation, wall: () => clock.wall(), get anchors() {
    return live === undefined ? validation.anchors : live.all;
  } });
}

const drawn = new Uint32Array(256);
let left = 0;
/** From 0 up to 1, not to be foreseen. */
function secureRandom(): number {
  if (left === 0) {
    crypto.getRandomValues(drawn);
    left = drawn.length;
  }
  return drawn[--left]! / 2 ** 32;
}

/** What sets apart equal questions of blocks that do not ask the same servers. */
function saltOf(text: string): number {
  let salt = 0;
  for (let i = 0; i < text.length; i++) salt = Math.imul(salt, 31) + text.charCodeAt(i);
  return salt;
}
