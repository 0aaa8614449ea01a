// The records of a reply with the changes of rules done to them one by one (REW-4, REW-7). Knows decoded records; knows no packets.
import { writeLatin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { skipName } from '../../dns/name-wire.ts';
import type { Parts } from '../../dns/message.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { rezoned } from './responses.ts';
import type { Response, Responses } from './responses.ts';
import { valueAt } from './value-name.ts';

/** A record while it is changed. */
type Draft = { -readonly [K in keyof RR]: RR[K] };
/** The sections of a reply. */
export interface Sections {
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly additional: readonly RR[];
}
/** What asking for the new target of a CNAME brought. */
export interface Found {
  readonly answer: readonly RR[];
  readonly truncated: boolean;
}

/** Asks for the target of a CNAME; undefined where nothing is said. */
export type Ask = (name: Name) => Promise<Found | undefined>;
/** Sections whose CNAMEs were followed. */
export interface Followed extends Sections {
  readonly truncated: boolean | undefined;
}

/** The sections with every change but those of CNAME targets. Throws NameError. */
export function changeRecords({ answer, authority, additional }: Parts, responses: Responses): Sections {
  const change = (records: readonly RR[]): RR[] => records.map((record) => {
    const draft: Draft = { ...record };
    for (let i = responses.all.length - 1; i >= 0; i--) changeRecord(draft, responses.all[i]!);
    return draft;
  });
  return { answer: change(answer), authority: change(authority), additional: change(additional) };
}

function changeRecord(record: Draft, response: Response): void {
  if (response.kind === 'owner') {
    const { text } = record.name;
    const { rewriter } = response;
    const changed = record.type === TYPE.SOA ? rezoned(text, [rewriter]) : rewriter.rewrite(text);
    if (changed !== text) record.name = Name.parse(changed);
  } else if (response.kind === 'ttl') record.ttl = Math.min(Math.max(record.ttl, response.least), response.most);
  else if (response.kind === 'value') {
    const text = valueOf(record)?.text;
    if (text === undefined) return;
    const changed = response.rewriter.rewrite(text);
    if (changed !== text) setValue(record, Name.parse(changed));
  }
}
function valueOf({ type, rdata }: RR): Name | undefined {
  if (rdata.length === 0) return undefined;
  const at = valueAt(type, rdata, 0);
  return at < 0 ? undefined : Name.read(rdata, at);
}
function setValue(record: Draft, { raw }: Name): void {
  const { rdata } = record;
  const at = valueAt(record.type, rdata, 0);
  const after = skipName(rdata, at, rdata.length);
  const changed = new Uint8Array(rdata.length - (after - at) + raw.length);
  changed.set(rdata.subarray(0, at));
  writeLatin1(raw, changed, at);
  changed.set(rdata.subarray(after), at + raw.length);
  record.rdata = changed;
}

/** Whether a CNAME is there that rules may lead elsewhere. */
export const hasCname = ({ answer, authority, additional }: Parts): boolean =>
  [answer, authority, additional].some((records) => records.some(({ type }) => type === TYPE.CNAME));

/**
 * The sections with every change; `truncated` is what `ask` said of its answers, undefined where nothing was asked. As in CoreDNS,
 * what `ask` finds comes after the changes and gets none. Throws NameError.
 */
export async function followCnames(parts: Parts, responses: Responses, ask: Ask): Promise<Followed> {
  const draft = (records: readonly RR[]): Draft[] => records.map((record) => ({ ...record }));
  const [authority, first, additional] = [draft(parts.authority), draft(parts.answer), draft(parts.additional)];
  let answer: readonly Draft[] = first;
  let truncated: boolean | undefined;
  for (const record of [...authority, ...first, ...additional]) {
    for (const response of responses.all.toReversed()) {
      changeRecord(record, response);
      if (response.kind !== 'cname' || record.type !== TYPE.CNAME) continue;
      const before = valueOf(record)!.text;
      const to = response.target(before);
      if (to === undefined) continue;
      const target = Name.parse(to);
      const found = await ask(target);
      if (found === undefined) continue;
      answer = [...upTo(answer, before, target), ...found.answer];
      truncated = found.truncated;
    }
  }
  return { answer, authority, additional, truncated };
}
/** The CNAMEs as far as the one that leads to `before`, which from now on leads to `target`. */
function upTo(answer: readonly Draft[], before: string, target: Name): readonly Draft[] {
  const kept: Draft[] = [];
  for (const record of answer) {
    if (record.type !== TYPE.CNAME) continue;
    kept.push(record);
    if (valueOf(record)!.text !== before) continue;
    setValue(record, target);
    break;
  }
  return kept;
}
