// The items of a list, found in its bytes while they come: only one item at a time is in memory and parsed. Knows that a list is
// `{"metadata": {...}, "items": [{...}, ...]}` with whatever else beside; knows nothing of the items.
import { ApiError } from './api-error.ts';

/** Bytes of one item, of `metadata`, and of a key of the list. */
const MOST_VALUE = 1 << 25, MOST_KEY = 1024;
const QUOTE = 34, BACKSLASH = 92, COLON = 58, COMMA = 44, OPEN = 123, CLOSE = 125, OPEN_LIST = 91, CLOSE_LIST = 93;

/** Who takes what is found. What is given is valid until the call returns. */
export interface ListReader {
  item(bytes: Buffer): void;
  metadata(bytes: Buffer): void;
}

/** What the bytes that are being kept will be. */
type Kept = 'nothing' | 'key' | 'item' | 'metadata';

/** Follows brackets and strings, nothing else: whether what is between them is JSON, its parser says. */
export class ListSplitter {
  readonly #reader: ListReader;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The next string at depth 1 is a key. */
  #keyComes = false;
  #key = '';
  #kept: Kept = 'nothing';
  #held: Buffer[] = [];
  #size = 0;
  #ended = false;

  constructor(reader: ListReader) {
    this.#reader = reader;
  }

  /** Throws ApiError `protocol` where this is no list, and what the reader throws. */
  feed(piece: Buffer): void {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) {
          this.#inString = false;
          if (this.#kept === 'key') this.#give(piece.subarray(from, at + 1));
        }
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#inString = true;
          if (this.#keyComes && this.#depth === 1) {
            this.#kept = 'key';
            from = at;
          }
          break;
        case OPEN: case OPEN_LIST:
          if (this.#opens(byte)) from = at;
          break;
        case CLOSE: case CLOSE_LIST:
          if (this.#closes(byte)) this.#give(piece.subarray(from, at + 1));
          break;
        case COMMA:
          if (this.#depth === 1) this.#keyComes = true;
          break;
        case COLON:
          if (this.#depth === 1) this.#keyComes = false;
          break;
        default:
          if (this.#depth === 0 && byte > 32) throw noList();
      }
    }
    if (this.#kept !== 'nothing') this.#keep(piece.subarray(from));
  }
  /** The body has ended. Throws ApiError `protocol` where it was cut. */
  end(): void {
    if (!this.#ended) throw new ApiError('protocol', 'the list ends in the middle');
  }

  /** A bracket opens: whether something that is kept begins with it. */
  #opens(byte: number): boolean {
    const depth = this.#depth++;
    if (depth === 0) {
      if (byte !== OPEN || this.#ended) throw noList();
      this.#keyComes = true;
      return false;
    }
    if (this.#kept !== 'nothing' || byte !== OPEN) return false;
    if (depth === 1 && this.#key === 'metadata') this.#kept = 'metadata';
    else if (depth === 2 && this.#key === 'items') this.#kept = 'item';
    return this.#kept !== 'nothing';
  }
  /** A bracket closes: whether what is kept ends with it. */
  #closes(byte: number): boolean {
    this.#depth--;
    if (this.#depth < 0 || (this.#depth === 0 && byte !== CLOSE)) throw noList();
    if (this.#depth === 0) this.#ended = true;
    return (this.#depth === 2 && this.#kept === 'item') || (this.#depth === 1 && this.#kept === 'metadata');
  }
  #keep(part: Buffer): void {
    this.#held.push(part);
    this.#size += part.length;
    if (this.#size > (this.#kept === 'key' ? MOST_KEY : MOST_VALUE)) throw new ApiError('protocol', 'an item of the list is too long');
  }
  #give(end: Buffer): void {
    const bytes = this.#held.length === 0 ? end : Buffer.concat([...this.#held, end]);
    const kept = this.#kept;
    this.#held = [];
    this.#size = 0;
    this.#kept = 'nothing';
    if (kept === 'item') this.#reader.item(bytes);
    else if (kept === 'metadata') this.#reader.metadata(bytes);
    else this.#key = bytes.toString('latin1', 1, bytes.length - 1);
  }
}

const noList = () => new ApiError('protocol', 'the reply is no list of the API');
