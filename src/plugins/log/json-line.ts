// A line of the log as a JSON object: the text as it would be, and what it tells of by name (LOG-7). Knows queries and what was seen of
// their replies; knows no format.
import { rcodeName } from '../../dns/rcode.ts';
import { className, typeName } from '../../dns/type-name.ts';
import { LogLines } from '../../kernel/seen/log-lines.ts';
import type { Fields } from '../../kernel/seen/log.ts';
import { toldAddress, toldPort } from '../../kernel/query/peer.ts';
import type { Query } from '../../kernel/query/query.ts';
import { lowerName } from '../../kernel/query/query-functions.ts';
import { overUdp } from '../../kernel/query/transport.ts';
import { bufferSize } from '../../kernel/query/line-format.ts';
import type { Writer } from '../../kernel/query/line-format.ts';
import type { Seen } from '../../kernel/query/seen-outcome.ts';

/** What JSON has null for. */
const NOTHING = Number.NaN;
const decoder = new TextDecoder();

/** Writes lines of one rule. */
export class JsonLine {
  readonly #write: Writer;
  readonly #record: (text: string, fields: Fields) => void;
  #text = '';
  /** Where the text is made: it leaves for nowhere but `#text`. */
  readonly #lines = new LogLines((bytes, from, length) => {
    this.#text += decoder.decode(bytes.subarray(from, from + length));
    return length;
  }, () => {});

  constructor(write: Writer, record: (text: string, fields: Fields) => void) {
    this.#write = write;
    this.#record = record;
  }
  write(query: Query, seen: Seen): void {
    this.#text = '';
    this.#lines.room(1);
    this.#write(this.#lines, query, seen);
    this.#lines.end();
    this.#lines.flush();
    this.#record(this.#text.slice(0, -1), {
      client_ip: toldAddress(query), client_port: toldPort(query),
      qname: lowerName(query), qtype: typeName(query.told.type), qclass: className(query.told.class),
      protocol: overUdp(query.channel.transport) ? 'udp' : 'tcp', id: query.id, opcode: query.opcode, request_size: seen.requestLength,
      dnssec_ok: query.wantsDnssec, bufsize: bufferSize(query), rcode: seen.rcode < 0 ? NOTHING : rcodeName(seen.rcode),
      response_size: seen.size, duration_seconds: Math.round(seen.milliseconds * 1e6) / 1e9,
    });
  }
}
