// Reads master files (RFC 1035 section 5) in pieces: what a line inherits, directives, and records into a sink. Knows lines, nothing of
// how files are opened or of what a zone means.

import { latin1, latin1Bytes, octets } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { DEFAULT_TTL } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { EntryError, ZoneFileError } from './error.ts';
import { writeData } from './fast-data.ts';
import { generate } from './generate.ts';
import { parseData, textOf } from './generic-data.ts';
import { type Head, readHead } from './head.ts';
import { wrongLength } from './lengths.ts';
import type { RecordSink } from './sink.ts';
import { writeName } from './text-name.ts';
import { readTTL } from './text-number.ts';
import { MAX_ENTRY, Tokens } from './tokens.ts';

/** What a reader asks of whoever has it. */
export interface ReaderHost {
  /**
   * Opens the file that an `$INCLUDE` in the file `from` names, tells its whole path to `enter`, and hands its pieces to the reader.
   * Returns what belongs there where it cannot be read.
   */
  include(path: string, from: string, enter: (file: string) => void): string | undefined;
  /** Is told of each problem: reading goes on behind it where it returns true. Without it the first one is thrown. */
  readonly problem?: ((problem: ZoneFileError) => boolean) | undefined;
}

/** What lasts from one line of a file to the next. */
interface State {
  readonly file: string;
  line: number;
  origin: Uint8Array;
  /** The handle of the owner of the line before, -1 outside of the zone; undefined before the first. */
  owner: number | undefined;
  /** Whether that owner is the zone's own name. */
  apex: boolean;
  ttl: number;
  /** Whether a time to live was said, and whether `$TTL` said it. */
  known: boolean;
  directed: boolean;
}

const BEFORE: State = {
  file: '', line: 1, origin: new Uint8Array(1), owner: undefined, apex: false, ttl: 0, known: false, directed: false,
};
const DOLLAR = 0x24;
const utf8 = new TextDecoder();

/** One for all files: `begin`, then `parse` for each piece. */
export class ZoneReader {
  /** Records that were read and wanted, and records whose owner the sink did not want. */
  records = 0;
  outside = 0;
  private state: State = BEFORE;
  private sink: RecordSink | undefined;
  private host: ReaderHost | undefined;
  private zone: Uint8Array = new Uint8Array(1);
  private tokens = new Tokens();
  private readonly name = new Uint8Array(1300);
  /** The owner that was looked up last, as it was written, and its handle: a run of one name is looked up once. */
  private readonly last = new Uint8Array(256);
  private lastLength = 0;
  private lastOwner = -1;
  private readonly head: Head = { type: 0, ttl: -1, classed: false, next: 0 };
  private readonly data = new Uint8Array(0x10000 + 1300);

  /** The file that is being read, and the line at which its entry begins, from 1. */
  get place(): { readonly file: string; readonly line: number } {
    return this.state;
  }

  /** Begins with the zone of a file; records go to `sink`. `ttl` is that of records before the file says one. */
  begin(zone: Name, file: string, sink: RecordSink, host: ReaderHost, ttl?: number): this {
    this.sink = sink;
    this.host = host;
    this.zone = latin1Bytes(zone.key);
    this.records = this.outside = this.lastLength = 0;
    this.state = { ...BEFORE, file, origin: latin1Bytes(zone.raw), ...(ttl === undefined ? {} : { ttl, known: true }) };
    return this;
  }

  /**
   * Reads the entries that are whole in `bytes[at..end)`, all of them where it is the `last` piece. Returns where the first one begins that
   * is not whole: it is to be handed in again, with more behind it. Throws ZoneFileError.
   */
  parse(bytes: Uint8Array, at: number, end: number, last: boolean): number {
    const { tokens, state } = this;
    while (at < end) {
      const next = tokens.next(bytes, at, end, last);
      const long = (next < 0 ? end : next) - at > MAX_ENTRY;
      if (long && tokens.wrong === '') throw this.error(at, `an entry of at most ${MAX_ENTRY} octets`, '');
      if (next < 0) return at;
      if (tokens.wrong !== '') this.tell(this.error(tokens.wrongAt, tokens.wrong, lineAt(bytes, tokens.wrongAt, next)));
      else if (tokens.count > 0) this.try(tokens);
      state.line += tokens.lines;
      at = next;
    }
    return at;
  }

  private try(tokens: Tokens): void {
    try {
      this.entry(tokens);
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      const { token, expected, said } = error;
      const missing = token >= tokens.count;
      const at = (missing ? tokens.ends[tokens.count - 1] : tokens.starts[token]) as number;
      this.tell(this.error(at, expected, missing ? '' : textOf(tokens, token), said));
    }
  }

  private tell(problem: ZoneFileError): void {
    if (this.host?.problem?.(problem) !== true) throw problem;
  }

  /** A problem at a place of the entry under way. */
  private error(at: number, expected: string, found: string, message?: string): ZoneFileError {
    const { bytes, from } = this.tokens;
    let { line } = this.state;
    let begin = from;
    for (let p = from; p < at; p++) {
      if (bytes[p] !== 0x0a) continue;
      line++;
      begin = p + 1;
    }
    return new ZoneFileError(this.state.file, line, at - begin + 1, found, expected, message);
  }

  private entry(tokens: Tokens): void {
    const { bytes, starts, indented } = tokens;
    if (!indented && bytes[starts[0] as number] === DOLLAR && this.directive(tokens)) return;
    if (!indented) this.owner(tokens);
    else if (this.state.owner === undefined) throw new EntryError(0, 'an owner');
    this.record(tokens, indented ? 0 : 1);
  }

  private owner(tokens: Tokens): void {
    const { state, name, last, zone } = this;
    const length = writeName(tokens.bytes, tokens.starts[0] as number, tokens.ends[0] as number, state.origin, name, 0);
    state.owner = -1;
    if (length < 0) throw new EntryError(0, 'a name');
    let same = length === this.lastLength;
    for (let i = 0; same && i < length; i++) same = name[i] === last[i];
    if (!same) {
      this.lastOwner = (this.sink as RecordSink).owner(name, length);
      this.lastLength = length;
      for (let i = 0; i < length; i++) last[i] = name[i] as number;
    }
    state.owner = this.lastOwner;
    state.apex = length === zone.length && isName(name, zone);
  }

  private record(tokens: Tokens, token: number): void {
    const { head } = this;
    readHead(tokens, token, head);
    this.add(head.type, this.ttlOf(head.ttl, head.classed), tokens, head.next);
  }

  /** What a record without a time to live has: the one of `$TTL`, or else the last that was said. */
  private ttlOf(ttl: number, classed: boolean): number {
    const { state } = this;
    if (ttl < 0) return state.known ? state.ttl : classed ? 0 : DEFAULT_TTL;   // as CoreDNS; without a class it refuses
    if (!state.directed) {
      state.ttl = ttl;
      state.known = true;
    }
    return ttl;
  }

  private add(type: number, ttl: number, tokens: Tokens, token: number): void {
    const { state } = this;
    let data: Uint8Array = this.data;
    let length = writeData(type, tokens, token, state.origin, data);
    if (length < 0) {
      data = parseData(type, tokens, token, state.origin);
      length = data.length;
    }
    const wrong = wrongLength(type, data, length);
    if (wrong !== undefined) throw new EntryError(type === TYPE.NSEC3 ? token + 4 : tokens.count - 1, wrong);
    if (type === TYPE.SOA && !state.apex) throw this.strangeSoa();
    const owner = state.owner as number;
    if (owner < 0) {
      this.outside++;
      return;
    }
    (this.sink as RecordSink).add(owner, type, ttl, data, length);
    this.records++;
  }

  /** FILE-15. */
  private strangeSoa(): EntryError {
    const owner = Name.wire(latin1(this.last, 0, this.lastLength)).text;
    const zone = Name.wire(latin1(this.zone, 0, this.zone.length)).text;
    const said = `file "${this.state.file}" has SOA owner ${owner} that does not match origin ${zone}`;
    return new EntryError(0, `the SOA of ${zone}`, said);
  }

  /** Whether the entry is a directive; then it is obeyed. Others that begin with `$` are names. */
  private directive(tokens: Tokens): boolean {
    const word = textOf(tokens, 0).toUpperCase();
    switch (word) {
      case '$TTL': this.defaultTTL(tokens); return true;
      case '$ORIGIN': this.state.origin = this.nameAt(tokens, 1, 2); return true;
      case '$INCLUDE': this.include(tokens); return true;
      case '$GENERATE': this.generate(tokens); return true;
      default: return false;
    }
  }

  private defaultTTL(tokens: Tokens): void {
    const ttl = tokens.count === 2 ? readTTL(tokens.bytes, tokens.starts[1] as number, tokens.ends[1] as number) : -1;
    if (ttl < 0) throw new EntryError(tokens.count > 2 ? 2 : 1, tokens.count > 2 ? 'nothing behind the TTL' : 'a TTL');
    this.state.ttl = ttl;
    this.state.known = this.state.directed = true;
  }

  /** The wire name of a token, behind which the entry ends. */
  private nameAt(tokens: Tokens, token: number, count: number): Uint8Array {
    if (tokens.count > count) throw new EntryError(count, 'nothing behind the name');
    if (token >= tokens.count) throw new EntryError(token, 'a name');
    const { bytes, starts, ends } = tokens;
    const length = writeName(bytes, starts[token] as number, ends[token] as number, this.state.origin, this.name, 0);
    if (length < 0) throw new EntryError(token, 'a name');
    return this.name.slice(0, length);
  }

  private include(tokens: Tokens): void {
    const outer = this.state;
    if (tokens.count < 2) throw new EntryError(1, 'a file');
    const origin = tokens.count > 2 ? this.nameAt(tokens, 2, 3) : outer.origin;
    const enter = (file: string): void => {
      this.state = { ...outer, file, line: 1, origin };          // the owner too, as BIND and NSD have it
      this.tokens = new Tokens();
    };
    try {
      const refused = this.host?.include(pathOf(tokens, 1), outer.file, enter);
      if (refused !== undefined) throw new EntryError(1, refused);
    } finally {
      this.state = outer;
      this.tokens = tokens;
    }
  }

  /** The lines of a $GENERATE: what they inherit is an hour, as CoreDNS has it, and what follows inherits nothing of them. */
  private generate(tokens: Tokens): void {
    const outer = this.state;
    const line = new Tokens();
    try {
      for (const text of generate(tokens)) {
        this.state = { ...outer, ttl: DEFAULT_TTL, known: true, directed: true };
        const bytes = latin1Bytes(octets(text));
        line.next(bytes, 0, bytes.length, true);
        if (line.wrong !== '' || line.count === 0) throw new EntryError(2, line.count === 0 ? 'a line to repeat' : line.wrong);
        this.generated(line);
      }
    } finally {
      this.state = outer;
    }
  }

  private generated(line: Tokens): void {
    if (/^\$(TTL|ORIGIN|INCLUDE|GENERATE)$/i.test(textOf(line, 0))) throw new EntryError(2, 'a record to repeat');
    try {
      this.entry(line);
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      const found = error.token < line.count ? textOf(line, error.token) : '';
      throw new EntryError(2, `${error.expected} instead of "${found}" in what is generated`);
    }
  }
}

function isName(name: Uint8Array, zone: Uint8Array): boolean {
  for (let i = 0; i < zone.length; i++) {
    const octet = name[i] as number;
    if ((octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet) !== zone[i]) return false;
  }
  return true;
}

/** What stands at `at`, up to the end of its line. */
function lineAt(bytes: Uint8Array, at: number, end: number): string {
  const newline = bytes.subarray(at, end).indexOf(0x0a);
  return latin1(bytes, at, Math.min(newline < 0 ? end : at + newline, at + 80));
}

function pathOf(tokens: Tokens, token: number): string {
  const quote = tokens.isQuoted(token) ? 1 : 0;
  return utf8.decode(tokens.bytes.subarray((tokens.starts[token] as number) + quote, (tokens.ends[token] as number) - quote));
}
