// What changed between versions of CoreDNS that a Corefile has to follow, as a table. Knows versions; knows no Corefile.
import table from './versions.json' with { type: 'json' };

/** How far the end of something has come: it works, it is read and does nothing, or it keeps CoreDNS from starting. */
export type Severity = 'deprecated' | 'ignored' | 'removed';

/** A word, or an option of one, that goes or becomes something else. */
export interface Change {
  readonly plugin: string;
  readonly option?: string;
  /** Only with this argument; only with several. */
  readonly argument?: string;
  readonly several?: boolean;
  readonly deprecated?: string;
  readonly ignored?: string;
  readonly removed?: string;
  readonly replacement?: string;
  readonly becomes: 'nothing' | 'first' | 'forward' | 'transfer';
}
/** What a newer version has by default, and an older one does not know or did not have. */
export interface Default {
  readonly plugin: string;
  readonly since: string;
  /** Of an option: the line. */
  readonly option?: string;
  readonly line?: string;
  /** Of a plugin: words in whose company it comes, and where it stands best. */
  readonly beside?: readonly string[];
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}
/** An option that an older version does not know. */
export interface Since {
  readonly plugin: string;
  readonly option: string;
  readonly since: string;
}

/** The versions that Corefiles are moved between, the oldest first. */
export const VERSIONS: readonly string[] = table.versions;
/** What goes, or becomes something else. */
export const CHANGES = table.changes as readonly Change[];
/** What came by default. */
export const DEFAULTS = table.defaults as readonly Default[];
/** What came, and older versions do not know. */
export const SINCE: readonly Since[] = table.since;
/**
 * The lines of the block that Kubernetes' installers made for a version of it, from 1.11 to 1.20: `*` stands for one argument, `***`
 * for all that follow. Undefined for other versions.
 */
export function installedCorefile(kubernetes: string): readonly string[] | undefined {
  const ofVersion: Readonly<Record<string, string>> = table.kubernetes;
  const corefiles: Readonly<Record<string, readonly string[]>> = table.corefiles;
  return corefiles[ofVersion[kubernetes.replace(/^v/, '')] ?? ''];
}

/** Where a version stands among them; -1 for one that is not there. */
export const placeOf = (version: string): number => VERSIONS.indexOf(version.replace(/^v/, ''));
/** What has become of something in a version; undefined as long as all is well. */
export function severityIn(change: Change, version: string): Severity | undefined {
  const has = (at: string | undefined): boolean => at !== undefined && placeOf(at) <= placeOf(version);
  return has(change.removed) ? 'removed' : has(change.ignored) ? 'ignored' : has(change.deprecated) ? 'deprecated' : undefined;
}
/** The versions behind `from` up to `to`. Throws Error in a text for people. */
export function versionsBetween(from: string, to: string): readonly string[] {
  const [first, last] = [known(from), known(to)];
  if (first > last) throw new Error(`cannot migrate up to '${to}' from '${from}': --down goes back`);
  return VERSIONS.slice(first + 1, last + 1);
}
/** The versions from `from` down to the one before `to`: what they brought is taken back. Throws Error in a text for people. */
export function versionsDown(from: string, to: string): readonly string[] {
  const [first, last] = [known(from), known(to)];
  if (first < last) throw new Error(`cannot migrate down to '${to}' from '${from}'`);
  return VERSIONS.slice(last + 1, first + 1).reverse();
}
function known(version: string): number {
  const place = placeOf(version);
  if (place < 0) throw new Error(`version '${version}' is not known: there are ${VERSIONS[0]} to ${VERSIONS.at(-1)}`);
  return place;
}
