// What keys are at and what they wait for, in words for people: log lines, and `zone keys` of the command line. Knows states; changes none.
import type { Name } from '../../dns/name.ts';
import { algorithmOf } from '../../dnssec/algorithm.ts';
import { algorithmNumber, keyTag } from '../../dnssec/dnskey.ts';
import { signsKeys, stageOf } from '../../dnssec/rollover/state.ts';
import type { KeyState, Phase, ZoneState } from '../../dnssec/rollover/state.ts';

const nameOf = (key: Pick<KeyState, 'role' | 'data'>): string =>
  `${key.role} ${keyTag(key.data)} (${algorithmOf(algorithmNumber(key.data))?.name ?? algorithmNumber(key.data)})`;

/** What is said of a key that is made where a zone had none: it may have had one elsewhere, or until now. */
export const toldMade = (zone: Name, key: Pick<KeyState, 'role' | 'data'>, folder: string): string =>
  `zone ${zone.text} had no ${key.role} in ${folder}: made ${nameOf(key)}; if it was signed before, its keys are lost, and validators `
  + 'refuse it until its parent has the DS of this one';

/** A line for each key that is at something else than before. */
export function stepsBetween(zone: Name, before: ZoneState, after: ZoneState): string[] {
  const lines: string[] = [];
  for (const key of after.keys) {
    const old = before.keys.find(({ file }) => file === key.file);
    const stage = stageOf(key);
    if (old !== undefined && stageOf(old) === stage) continue;
    lines.push(`zone ${zone.text}: ${nameOf(key)} is ${stage}`);
  }
  for (const key of before.keys) {
    if (!after.keys.some(({ file }) => file === key.file)) lines.push(`zone ${zone.text}: ${nameOf(key)} is removed, with its files`);
  }
  return lines;
}

/** Seconds since 1970 as people write them. */
const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

/** What one of a key's three waits for; undefined where it waits for nothing. */
function waitOf(what: string, { presence, since, until }: Phase, isDs: boolean): string | undefined {
  if (presence !== 'rumoured' && presence !== 'unretentive') return undefined;
  const isComing = presence === 'rumoured';
  const from = `since ${timeOf(since)}`;
  if (until !== undefined) return `no cache ${isComing ? 'is without' : 'has'} its ${what} from ${timeOf(until)} on, ${from}`;
  if (!isDs) return `the zone has to be published ${isComing ? 'with' : 'without'} its ${what}, ${from}`;
  return `all servers of the parent have to ${isComing ? 'show its DS' : 'be without its DS'}, ${from}`;
}

/** What is told of a key. */
export interface ToldKey {
  readonly file: string;
  readonly tag: number;
  readonly role: string;
  readonly algorithm: string;
  readonly stage: string;
  readonly dnskey: string;
  readonly signatures: string;
  readonly ds: string;
  readonly waits: readonly string[];
}
/** What is told of the keys of a zone. */
export const toldKeys = ({ keys }: ZoneState): ToldKey[] => keys.map((key) => ({
  file: key.file, tag: keyTag(key.data), role: key.role,
    algorithm: algorithmOf(algorithmNumber(key.data))?.name ?? String(algorithmNumber(key.data)),
  stage: stageOf(key), dnskey: key.dnskey.presence, signatures: key.signatures.presence, ds: key.ds.presence,
  waits: [waitOf('DNSKEY', key.dnskey, false), waitOf('signatures', key.signatures, false), signsKeys(key) ? waitOf('DS', key.ds, true)
    : undefined]
    .filter((text) => text !== undefined),
}));
