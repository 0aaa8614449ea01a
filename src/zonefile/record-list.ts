// A sink that keeps all records in the order in which they came, for those who look at a zone as a whole. Knows wire bytes, nothing
// of what they mean.

import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import type { RecordSink } from './sink.ts';

/** A record that was read. */
export interface ListedRecord {
  readonly name: Name;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** Uncompressed, as on the wire. */
  readonly rdata: Uint8Array;
}

/** All records in the order in which they came, names outside of any zone among them. */
export class RecordList implements RecordSink {
  readonly records: ListedRecord[] = [];
  private readonly names: Name[] = [];
  private readonly handles = new Map<string, number>();

  owner(name: Uint8Array, length: number): number {
    const raw = latin1(name, 0, length);
    let handle = this.handles.get(raw);
    if (handle === undefined) {
      handle = this.names.push(Name.wire(raw)) - 1;
      this.handles.set(raw, handle);
    }
    return handle;
  }

  add(owner: number, type: number, ttl: number, data: Uint8Array, length: number): void {
    this.records.push({ name: this.names[owner] as Name, type, ttl, rdata: data.slice(0, length) });
  }
}
