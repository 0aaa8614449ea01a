// The records of a master file with the line of each, for those who look at a zone as a whole. Knows files and names; knows nothing of
// what is wrong with a zone.
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { fileError } from '../wording/errno.ts';
import { ZoneFileError } from '../zonefile/error.ts';
import { MasterFiles } from '../zonefile/master-file.ts';
import type { ListedRecord } from '../zonefile/record-list.ts';
import type { RecordSink } from '../zonefile/sink.ts';
import type { Progress } from './progress.ts';
import { readDatabase } from './zone-journal.ts';

/** A record, and where it stands. */
export interface PlacedRecord extends ListedRecord {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** What a file holds: its records, those outside of the zone apart, and what cannot be read. */
export interface ZoneText {
  readonly records: readonly PlacedRecord[];
  readonly outside: readonly PlacedRecord[];
  readonly problems: readonly ZoneFileError[];
}

/**
 * Reads a zone's file, or the database of one that is updated, behind each problem too until there are `most`; a file that cannot be
 * opened is one. `progress` hears how far it is.
 */
export function readZone(file: string, zone: Name, most: number, progress?: Progress): ZoneText {
  const kept = database(file, zone);
  if (kept !== undefined) return kept;
  const records: PlacedRecord[] = [];
  const outside: PlacedRecord[] = [];
  const problems: ZoneFileError[] = [];
  const names: Name[] = [];
  const files = new MasterFiles();
  let count = 0;
  progress?.stage(`Reading ${file}`);
  const sink: RecordSink = {
    owner: (name, length) => names.push(Name.wire(latin1(name, 0, length))) - 1,
    add: (owner, type, ttl, data, length) => {
      const name = names[owner]!;
      const { file: where, line } = files.place;
      progress?.tell(++count, files.octets, files.size);
      (name.isUnder(zone) ? records : outside).push({ name, type, ttl, rdata: data.slice(0, length), file: where, line });
    },
  };
  try {
    files.read(file, zone, sink, (problem) => problems.push(problem) < most);
  } catch (error) {
    if (error instanceof ZoneFileError) {
      if (!problems.includes(error)) problems.push(error);
    } else problems.push(new ZoneFileError(file, 0, 0, '', '', fileError(error, file)));
  }
  return { records, outside, problems };
}
function database(file: string, zone: Name): ZoneText | undefined {
  try {
    const records = readDatabase(file, zone);
    return records && { records: records.map((each) => ({ ...each, file, line: 0 })), outside: [], problems: [] };
  } catch (error) {
    return { records: [], outside: [], problems: [new ZoneFileError(file, 0, 0, '', '', (error as Error).message)] };
  }
}
