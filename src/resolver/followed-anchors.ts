// What is trusted by a part's settings: records that stay, and files whose zones' keys are followed. Knows texts and runs; what becomes of
// a key is dnssec's.
import { trustedKeys, untried } from '../dnssec/anchor-tracking.ts';
import type { TrackingTimes } from '../dnssec/anchor-tracking.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import { SHA256, delegationData } from '../dnssec/delegation.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Site } from '../kernel/site/site.ts';
import { readTracked } from './anchor-file.ts';
import { AnchorTracker } from './anchor-tracker.ts';
import type { TrackedFile } from './anchor-tracker.ts';
import { anchorsFrom } from './anchors.ts';
import type { TrustAnchor } from './anchors.ts';
import { LiveAnchors, anchorRecords } from './live-anchors.ts';
import type { Resolver } from './resolver.ts';

/** What is trusted to begin with. */
export interface FollowedAnchors {
  /** Records of DS and DNSKEY, for as long as the settings are. */
  readonly fixed: readonly RR[];
  readonly files: readonly TrackedFile[];
  readonly times?: TrackingTimes;
}

/** The anchors before anything was asked. */
export const firstAnchors = ({ fixed, files }: FollowedAnchors): TrustAnchor[] =>
  anchorsFrom([...fixed, ...anchorRecords(files.flatMap(({ zones }) => zones))]);
/** The anchors as they are, in any thread. */
export const liveAnchors = (run: Run, site: Site, { fixed, files }: FollowedAnchors): LiveAnchors =>
  new LiveAnchors(fixed, files.flatMap(({ zones }) => zones), run.space(site).note('trust anchors'));
/** Main's: follows the files' keys from now on. `plugin` is whose word the log has. */
export function followAnchors(run: Run, plugin: string, { files, times }: FollowedAnchors, live: LiveAnchors, resolver: Resolver): void {
  if (files.length === 0) return;
  const { clock, signal } = run;
  const log = run.log.prefix(plugin);
  for (const { fault } of files) if (fault !== undefined) log.warning(`trust anchor: ${fault}`);
  new AnchorTracker(files, { clock, signal, log, resolver, times, changed: (zones) => live.write(zones) }).begin();
}

/** Where what is known of the keys of a file is kept. */
export const stateOf = (path: string): string => `${path}.state`;
/**
 * A file of DS and DNSKEY records whose keys are followed beside it: what is known of them holds as long as the file says the same. `state`
 * is the text of that, where there is one. Throws Error where the file cannot be read.
 */
export function fileBeside(path: string, text: string, state: string | undefined): TrackedFile {
  const begin = readTracked(text).map((zone) => untried(zone.zone, zone.ds, trustedKeys(zone), 0));
  const records = anchorRecords(begin).map(({ name, type, rdata }) => `${name.folded.text} ${type} ${Buffer.from(rdata).toString('hex')}`);
  const digest = delegationData(Name.root.octets, latin1Bytes(records.sort().join('\n')), SHA256);
  const head = `; of the keys ${Buffer.from(digest).toString('hex')}\n`;
  const file = { path: stateOf(path), head, zones: begin };
  if (state?.startsWith(head) !== true) return file;
  try {
    return { ...file, zones: readTracked(state.slice(head.length)) };
  } catch (error) {
    return { ...file, fault: `${stateOf(path)} is not what was written there, and the keys of ${path} count: ${(error as Error).message}` };
  }
}
