// The zone file from which a zone that is updated begins: what it may have (DYN-4). Knows files and records; knows no journal.
import type { Name } from '../dns/name.ts';
import { TYPE, typeName } from '../dns/type-name.ts';
import { fileError } from '../wording/errno.ts';
import { quoted } from '../wording/quote.ts';
import { MasterFiles } from '../zonefile/master-file.ts';
import { serialOf } from './transfer.ts';
import { UpdateContents } from './update-contents.ts';
import { NEVER_UPDATED } from './update.ts';

/** The most that a zone may have: records, and their octets in wire form without pointers. */
export interface UpdateLimits {
  readonly mostRecords: number;
  readonly mostBytes: number;
}

/** The records of a zone file. Throws Error with CoreDNS's texts where an updated zone cannot begin with it. */
export function readSeed(path: string, zone: Name, { mostRecords, mostBytes }: UpdateLimits): UpdateContents {
  const contents = new UpdateContents(zone);
  const outside = fill(contents, path);
  contents.end();
  const soas = contents.at(zone).filter(({ type }) => type === TYPE.SOA);
  const [soa] = soas;
  if (soa === undefined) throw new Error(`zone ${quoted(zone.text)} has no SOA`);
  if (soas.length > 1) throw new Error(`zone ${quoted(zone.text)} contains more than one SOA`);
  const fault = outside > 0 ? 'an out-of-zone record' : serialOf(soa) === 0 ? 'an SOA with serial zero' : faultOf(contents);
  if (fault !== undefined) throw new Error(`invalid zone ${quoted(zone.text)}: zone contains ${fault}`);
  if (contents.records > mostRecords || contents.bytes > mostBytes) throw new Error(`zone file ${quoted(path)} exceeds configured limits`);
  return contents;
}
/** How many records are not of the zone. */
function fill(contents: UpdateContents, path: string): number {
  try {
    return new MasterFiles().read(path, contents.zone, contents).outside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Error(`opening zone file ${quoted(path)}: ${fileError(error, path)}`, { cause: error });
  }
}
function faultOf(contents: UpdateContents): string | undefined {
  for (const records of contents.sets()) {
    const strange = records.find(({ type }) => NEVER_UPDATED.has(type));
    if (strange !== undefined) return `unsupported RR type ${typeName(strange.type)}`;
    if (records.length > 1 && records.some(({ type }) => type === TYPE.CNAME)) return `CNAME data conflict at ${records[0]!.name.text}`;
  }
  return undefined;
}
