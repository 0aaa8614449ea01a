// The hosts files of dnsmasq as one that *hosts* reads: the file itself where there is one alone, else what all hold. Knows lines of hosts
// files; knows no query.
import { join } from 'node:path';
import { parseAddress } from '../../dns/address.ts';
import { plainName } from '../names.ts';
import { ImportError } from '../outcome.ts';
import type { Line, Outcome } from '../outcome.ts';
import type { Source } from '../source.ts';
import type { HostEntry } from './records.ts';
import type { HostsFile, Settings } from './settings.ts';

/** So many entries may stand in the Corefile. */
const INLINE = 20;

/** The names that are known, and the line that answers for them. */
export interface Hosts {
  readonly names: ReadonlySet<string>;
  /** `hosts` with what stands in its braces; undefined where there are no names. */
  readonly line: Line | undefined;
  /** Whether the file is the other server's, so that names may come. */
  readonly isLive: boolean;
}

/** Reads the files that there are: one that cannot be read is said. */
export function hostsOf(settings: Settings, source: Source, outcome: Outcome): Hosts {
  const files: HostsFile[] = settings.switches.has('no-hosts') ? [] : [ETC_HOSTS];
  files.push(...settings.hostsFiles);
  const read = files.flatMap((file) => contentsOf(file, source, outcome)).map(({ path, option, text }) =>
    ({ path, option, entries: entriesOf(text) }));
  const expanded = settings.switches.has('expand-hosts') && settings.defaults.domain !== undefined ? settings.defaults.domain : undefined;
  const [one] = read;
  const isReferred = read.length === 1 && expanded === undefined && settings.hosts.length <= INLINE;
  const entries = [...settings.hosts, ...read.flatMap((each) => each.entries.map((entry) => withDomain(entry, expanded)))];
  const names = new Set(entries.flatMap((entry) => entry.names));
  const options = optionsOf(settings);
  if (entries.length === 0 && !isReferred) return { names, line: undefined, isLive: false };
  if (isReferred) {
    const inline = settings.hosts.map((entry): Line => ({ words: [entry.address, ...entry.names] }));
    return { names, line: { words: ['hosts', one!.path], inside: [...inline, ...options] }, isLive: true };
  }
  for (const { option, path } of read) {
    outcome.tell(option, option.text, { note: `what ${path} holds now stands in hosts: what changes there is not seen` });
  }
  const text = entries.map(({ address, names: each }) => `${address} ${each.join(' ')}\n`).join('');
  return { names, line: { words: ['hosts', outcome.write('hosts', text)], inside: options }, isLive: false };
}
const ETC_HOSTS: HostsFile = { path: '/etc/hosts', isFolder: false,
  option: { file: '/etc/hosts', line: 0, name: 'addn-hosts', value: '/etc/hosts', text: '/etc/hosts is read without being named' } };
const optionsOf = ({ defaults: { ttl } }: Settings): Line[] => [
  { words: ['ttl', String(Math.min(Math.max(ttl, 1), 65535))] }, { words: ['fallthrough'] },
];

interface Contents extends HostsFile {
  readonly text: string;
}
function contentsOf(file: HostsFile, source: Source, outcome: Outcome): Contents[] {
  const { path, isFolder, option } = file;
  try {
    if (!isFolder) return [{ ...file, text: source.text(path, option) }];
  } catch (error) {
    // It may be a folder too.
    if (!/directory/.test((error as Error).message) || /no such/.test((error as Error).message)) return said(error, file, outcome);
  }
  try {
    return source.list(path, option).filter((name) => !/^\.|~$|^#/.test(name))
      .map((name) => ({ ...file, path: join(path, name), text: source.text(join(path, name), option) }));
  } catch (error) {
    return said(error, file, outcome);
  }
}
function said(error: unknown, { option }: HostsFile, outcome: Outcome): [] {
  if (!(error instanceof ImportError)) throw error;
  outcome.tell(option, option.text, { lost: `it cannot be read: ${error.message.replace(/^.*?:\d+: /, '')}` });
  return [];
}
function entriesOf(text: string): HostEntry[] {
  return text.split('\n').flatMap((row) => {
    const [address = '', ...names] = row.replace(/#.*/s, '').trim().split(/\s+/);
    const known = names.map(plainName).filter((name) => name !== undefined);
    return parseAddress(address) === undefined || known.length === 0 ? [] : [{ address, names: known }];
  });
}
/** Names without a dot have the domain too, and it comes first. */
const withDomain = ({ address, names }: HostEntry, domain: string | undefined): HostEntry => (domain === undefined ? { address, names }
  : { address, names: names.flatMap((name) => (name.includes('.') ? [name] : [`${name}.${domain}`, name])) });
