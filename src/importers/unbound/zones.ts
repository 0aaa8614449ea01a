// The clauses `auth-zone` and `rpz` of an unbound.conf as lines of *file*, *secondary* and *rpz*. Knows their settings; opens zone files
// only to see
// that they are there.
import { resolve } from 'node:path';
import { parseAddress } from '../../dns/address.ts';
import { isWritable } from '../corefile-text.ts';
import { plainName } from '../names.ts';
import type { Fate, Line } from '../outcome.ts';
import type { Source } from '../source.ts';
import type { Clause } from './read.ts';

const last = ({ settings }: Clause, name: string): string => settings.findLast((each) => each.name === name)?.values[0] ?? '';
const all = ({ settings }: Clause, ...names: readonly string[]): string[] =>
  settings.filter((each) => names.includes(each.name)).map(({ values: [value = ''] }) => value);
/** A zone file's path, or why there is none. */
function fileOf(clause: Clause, source: Source): string | { readonly lost: string } {
  const file = last(clause, 'zonefile');
  if (file === '') return { lost: 'it has no zonefile' };
  if (!source.has(file) || !isWritable(file)) return { lost: `${file} cannot be read` };
  return resolve(file);
}

/** A zone that is had whole. */
export function authZone(clause: Clause, source: Source): { readonly zone: string; readonly line: Line } | Fate {
  const named = last(clause, 'name'), zone = plainName(named);
  if (named === '.' || last(clause, 'for-downstream') === 'no') return { idle: 'the servers of the zone are asked themselves' };
  if (zone === undefined) return { lost: 'its name cannot be written' };
  const primaries = all(clause, 'primary', 'master').map(serverOf);
  if (primaries.some((each) => each === undefined)) return { lost: 'primaries are addresses here' };
  if (primaries.length > 0) return { zone, line: { words: ['secondary'], inside: [{ words: ['transfer', 'from',
    ...primaries as string[]] }] } };
  const file = fileOf(clause, source);
  return typeof file === 'string' ? { zone, line: { words: ['file', file] } } : file;
}
const POLICIES: Readonly<Record<string, string>> = { nxdomain: 'nxdomain', nodata: 'nodata', passthru: 'passthru', drop: 'drop',
  disabled: 'disabled' };
/** A zone of policies. */
export function policyZone(clause: Clause, source: Source): { readonly line: Line; readonly fate: Fate | undefined } | Fate {
  const zone = plainName(last(clause, 'name'));
  if (zone === undefined) return { lost: 'its name cannot be written' };
  const file = fileOf(clause, source);
  if (typeof file !== 'string') return file;
  if (last(clause, 'tags') !== '') return { lost: 'there are no tags' };
  const override = last(clause, 'rpz-action-override'), cname = last(clause, 'rpz-cname-override');
  const policy = override === 'cname' && plainName(cname) !== undefined ? `cname ${cname}` : POLICIES[override];
  if (override !== '' && policy === undefined) return { lost: `there is no policy ${override}` };
  return { fate: { note: 'rules about servers (rpz-nsdname, rpz-nsip) are heard by unbound alone' }, line: { words: ['rpz', zone], inside: [
    { words: ['file', file] }, ...policy === undefined ? [] : [{ words: ['policy', ...policy.split(' ')] }],
    ...last(clause, 'rpz-log') === 'yes' ? [{ words: ['log'] }] : [],
  ] } };
}
/** `192.0.2.1@5353` as a Corefile has it; undefined where it is no address. */
export function serverOf(text: string): string | undefined {
  const [address = '', port] = text.split('#')[0]!.split('@');
  const octets = parseAddress(address);
  if (octets === undefined) return undefined;
  return port === undefined ? address : octets.length === 16 ? `[${address}]:${port}` : `${address}:${port}`;
}
