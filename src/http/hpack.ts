// HPACK (RFC 7541): a decoder with bounds for what comes, and for what goes literals that no table keeps, laid out once. So there is no
// state of ours that could go wrong when the peer shrinks its table. Knows bytes and names; knows no frames.
import { Field, PrefixReader, prefixedInteger, prefixedText, sizeOf } from './field-bytes.ts';

const STATIC: readonly Field[] = (':authority,:method=GET,:method=POST,:path=/,:path=/index.html,:scheme=http,:scheme=https,:status=200,'
  + ':status=204,:status=206,:status=304,:status=400,:status=404,:status=500,accept-charset,accept-encoding=gzip| deflate,accept-language,'
  + 'accept-ranges,accept,access-control-allow-origin,age,allow,authorization,cache-control,content-disposition,content-encoding,'
  + 'content-language,content-length,content-location,content-range,content-type,cookie,date,etag,expect,expires,from,host,if-match,'
  + 'if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,link,location,max-forwards,proxy-authenticate,'
  + 'proxy-authorization,range,referer,refresh,retry-after,server,set-cookie,strict-transport-security,transfer-encoding,user-agent,vary,'
  + 'via,www-authenticate').split(',').map((entry) => {
  const [name = '', value = ''] = entry.split('=');
  return new Field(name, value.replace('|', ','));
});

/** The table of what one peer says. */
export class Decoder extends PrefixReader {
  /** Newest last. */
  readonly #table: Field[] = [];
  readonly #limit: number;
  #size = 0;
  #most: number;
  /** Of the block that was read last: it was cut off where its list became longer than allowed. */
  tooLong = false;

  /** `limit` bytes are what we said that the table may have (SETTINGS_HEADER_TABLE_SIZE). */
  constructor(limit: number) {
    super();
    this.#most = this.#limit = limit;
  }

  /**
   * Gives each field of a block to `each`. False: the connection has to end with COMPRESSION_ERROR. With more than `listMost`
   * bytes of fields the rest is still read, since the table goes on, but not given.
   */
  read(bytes: Buffer, at: number, end: number, each: (field: Field) => void, listMost: number): boolean {
    this.at = at;
    this.tooLong = false;
    let list = 0;
    let sizes = true;
    while (this.at < end) {
      const byte = bytes[this.at]!;
      if ((byte & 0xe0) === 0x20) {
        if (!sizes || !this.#resize(this.integer(bytes, end, 5))) return false;
        continue;
      }
      sizes = false;
      const field = byte & 0x80 ? this.#entry(this.integer(bytes, end, 7)) : this.#literal(bytes, end, (byte & 0x40) !== 0);
      if (field === undefined) return false;
      list += sizeOf(field);
      // A bomb: one entry of a table that is named a thousand times.
      if (list > 16 * listMost) return false;
      if (list > listMost) this.tooLong = true;
      else each(field);
    }
    return this.at === end;
  }

  #resize(size: number): boolean {
    if (size < 0 || size > this.#limit) return false;
    this.#most = size;
    this.#evict(0);
    return true;
  }
  #literal(bytes: Buffer, end: number, keep: boolean): Field | undefined {
    const index = this.integer(bytes, end, keep ? 6 : 4);
    if (index < 0) return undefined;
    const name = index === 0 ? this.text(bytes, end) : this.#entry(index)?.name;
    const value = name === undefined ? undefined : this.text(bytes, end);
    if (name === undefined || value === undefined) return undefined;
    const field = new Field(name, value);
    if (keep) this.#keep(field);
    return field;
  }
  #keep(field: Field): void {
    const size = sizeOf(field);
    this.#evict(size);
    if (size > this.#most) return;                              // emptied the table and is not in it (RFC 7541 section 4.4)
    this.#table.push(field);
    this.#size += size;
  }
  #entry(index: number): Field | undefined {
    if (index <= 0) return undefined;
    return index <= STATIC.length ? STATIC[index - 1] : this.#table[this.#table.length - (index - STATIC.length)];
  }
  #evict(room: number): void {
    let gone = 0;
    while (this.#size + room > this.#most && gone < this.#table.length) this.#size -= sizeOf(this.#table[gone++]!);
    if (gone > 0) this.#table.splice(0, gone);
  }
}

/** Lays out a block of literals that no table keeps (RFC 7541 section 6.2.2). Values are one character a byte. */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    const whole = STATIC.findIndex((entry) => entry.name === name && entry.value === value);
    const index = whole >= 0 ? whole : STATIC.findIndex((entry) => entry.name === name);
    if (whole >= 0) parts.push(prefixedInteger(whole + 1, 7, 0x80));
    else if (index >= 0) parts.push(prefixedInteger(index + 1, 4, 0), prefixedText(value));
    else parts.push(prefixedInteger(0, 4, 0), prefixedText(name), prefixedText(value));
  }
  return Buffer.concat(parts);
}
