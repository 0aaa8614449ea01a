// The keys that a zone is trusted by, as text: records, and beside them what is known of each, as Unbound writes its files of
// `auto-trust-anchor-file`. Knows lines; opens no file.
import type { Name } from '../dns/name.ts';
import { parseRR, printRR, record } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { keyTag } from '../dnssec/dnskey.ts';
import { KEY_STATE, untried } from '../dnssec/anchor-tracking.ts';
import type { KeyState, TrackedKey, TrackedZone } from '../dnssec/anchor-tracking.ts';

/** A day in seconds: the TTL of the records in the file means nothing. */
const TTL = 86_400;
const STATES: Readonly<Record<KeyState, string>> = {
  [KEY_STATE.START]: ' START ', [KEY_STATE.PENDING]: ' ADDPEND ', [KEY_STATE.VALID]: '  VALID  ', [KEY_STATE.MISSING]: ' MISSING ',
  [KEY_STATE.REVOKED]: ' REVOKED ', [KEY_STATE.REMOVED]: ' REMOVED ',
};
const HEAD = '; autotrust trust anchor file', REVOKED = ';;REVOKED';
const FIELDS = { last_queried: 'asked', last_success: 'heard', next_probe_time: 'next', query_failed: 'failures',
  query_interval: 'interval', retry_time: 'retry' } as const;

/**
 * The zones of a text, each with what is known of its keys; where nothing is said of a key it is trusted. Throws Error for a line that is
 * no record.
 */
export function readTracked(text: string): TrackedZone[] {
  const zones = new Map<string, Draft>();
  let said: Draft['said'] = {};
  for (const [i, line] of text.split('\n').entries()) {
    if (line === HEAD) said = {};
    if (line.startsWith(REVOKED)) said.isOver = true;
    const [, word = '', number = ''] = /^;;([a-z_]+): (\d{1,12})\b/.exec(line) ?? [];
    if (Object.hasOwn(FIELDS, word)) said[FIELDS[word as keyof typeof FIELDS]] = Number(number);
    const rr = recordIn(line, i + 1);
    if (rr === undefined || (rr.type !== TYPE.DS && rr.type !== TYPE.DNSKEY)) continue;
    const draft = zones.get(rr.name.key) ?? { zone: rr.name.folded, ds: [], keys: [], said };
    zones.set(rr.name.key, draft);
    if (rr.type === TYPE.DS) draft.ds.push(rr.rdata);
    else draft.keys.push(keyOf(rr.rdata, line));
  }
  return [...zones.values()].map(({ zone, ds, keys, said: more }) => ({ ...untried(zone, ds, [], 0), keys, ...more }));
}
interface Draft {
  readonly zone: Name;
  readonly ds: Uint8Array[];
  readonly keys: TrackedKey[];
  readonly said: { isOver?: boolean } & { [field in (typeof FIELDS)[keyof typeof FIELDS]]?: number };
}
function recordIn(line: string, at: number): ReturnType<typeof parseRR> {
  try {
    return parseRR(line);
  } catch (error) {
    throw new Error(`line ${at}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
function keyOf(data: Uint8Array, line: string): TrackedKey {
  const [, state] = /;;state=([0-5])\b/.exec(line) ?? [];
  const number = (word: string): number => Number(new RegExp(`;;${word}=(\\d{1,12})\\b`).exec(line)?.[1] ?? 0);
  const known = state === undefined ? KEY_STATE.VALID : Number(state) as KeyState;
  return { data, state: known, seen: number('count'), since: number('lastchange') };
}

/** Zones as text, to be read by us and by Unbound; of one zone where Unbound is to read it. */
export const printTracked = (zones: readonly TrackedZone[]): string => zones.map(printZone).join('');
function printZone(tracked: TrackedZone): string {
  const { zone, ds, keys, isOver } = tracked;
  const lines = [HEAD];
  if (isOver) lines.push(REVOKED, '; All keys of the zone were revoked: it is as if nothing was trusted of it.',
    '; Put DS or DNSKEY records that hold in place of this file to trust it again.');
  lines.push(`;;id: ${zone.text} ${CLASS.IN}`);
  for (const [word, field] of Object.entries(FIELDS)) {
    const value = tracked[field];
    lines.push(`;;${word}: ${value}${field === 'asked' || field === 'heard' || field === 'next' ? ` ;;${timeText(value)}` : ''}`);
  }
  for (const data of ds) lines.push(printRR(record(zone, TYPE.DS, CLASS.IN, TTL, data)));
  for (const { data, state, seen, since } of keys) {
    const text = printRR(record(zone, TYPE.DNSKEY, CLASS.IN, TTL, data));
    const more = [`;{id = ${keyTag(data)} (ksk)}`, `;;state=${state} [${STATES[state]}]`, `;;count=${seen}`, `;;lastchange=${since}`];
    lines.push(`${text} ${more.join(' ')} ;;${timeText(since)}`);
  }
  return `${lines.join('\n')}\n`;
}
/** `Mon Nov 23 08:46:40 2009`, of seconds since 1970. */
function timeText(seconds: number): string {
  const [day, date, month, year, time] = new Date(seconds * 1000).toUTCString().replace(',', '').split(' ');
  return `${day} ${month} ${date} ${time} ${year}`;
}
