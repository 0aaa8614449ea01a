// QPACK (RFC 9204) without a dynamic table: we allow none, and use none. So a field section says everything itself, and no stream waits
// for another one. Knows bytes and names; knows no frames.
import { Field, PrefixReader, prefixedInteger, prefixedText, sizeOf } from './field-bytes.ts';

/** The static table (RFC 9204 appendix A). Entries of one name that follow each other have it once; a `:` in a value stands for `=`. */
const NAMES = ':authority|:path=/|age=0|content-disposition|content-length=0|cookie|date|etag|if-modified-since|if-none-match|last-modified'
  + '|link|location|referer|set-cookie|:method=CONNECT=DELETE=GET=HEAD=OPTIONS=POST=PUT|:scheme=http=https|:status=103=200=304=404=503'
  + '|accept=*/*=application/dns-message|accept-encoding=gzip, deflate, br|accept-ranges=bytes'
  + '|access-control-allow-headers=cache-control=content-type|access-control-allow-origin=*'
  + '|cache-control=max-age:0=max-age:2592000=max-age:604800=no-cache=no-store=public, max-age:31536000|content-encoding=br=gzip'
  + '|content-type=application/dns-message=application/javascript=application/json=application/x-www-form-urlencoded=image/gif=image/jpeg'
  + '=image/png=text/css=text/html; charset:utf-8=text/plain=text/plain;charset:utf-8|range=bytes:0-'
  + '|strict-transport-security=max-age:31536000=max-age:31536000; includesubdomains=max-age:31536000; includesubdomains; preload'
  + '|vary=accept-encoding=origin|x-content-type-options=nosniff|x-xss-protection=1; mode:block'
  + '|:status=100=204=206=302=400=403=421=425=500|accept-language|access-control-allow-credentials=FALSE=TRUE'
  + '|access-control-allow-headers=*|access-control-allow-methods=get=get, post, options=options'
  + '|access-control-expose-headers=content-length'
  + "|access-control-request-headers=content-type|access-control-request-method=get=post|alt-svc=clear|authorization"
  + "|content-security-policy=script-src 'none'; object-src 'none'; base-uri 'none'|early-data=1|expect-ct|forwarded|if-range|origin"
  + '|purpose=prefetch|server|timing-allow-origin=*|upgrade-insecure-requests=1|user-agent|x-forwarded-for|x-frame-options=deny=sameorigin';

const STATIC: readonly Field[] = NAMES.split('|').flatMap((entry) => {
  const [name = '', ...values] = entry.split('=');
  return (values.length === 0 ? [''] : values).map((value) => new Field(name, /^(?:max-age|public|text|bytes|1;)/.test(value)
    ? value.replace(':', '=') : value));
});

/** Reads field sections. */
export class SectionReader extends PrefixReader {
  /** Of the section that was read last: it was cut off where its list became longer than allowed. */
  tooLong = false;

  /**
   * Gives each field of a section to `each`, as far as they are `listMost` bytes in all. False: the connection has to end with
   * QPACK_DECOMPRESSION_FAILED.
   */
  read(bytes: Buffer, at: number, end: number, each: (field: Field) => void, listMost: number): boolean {
    this.at = at;
    this.tooLong = false;
    // Nothing was inserted, and so there is no base before which anything stands (section 4.5.1).
    if (end - at < 2 || bytes[at] !== 0 || (bytes[at + 1]! & 0x80) !== 0) return false;
    this.at++;
    if (this.integer(bytes, end, 7) < 0) return false;
    let list = 0;
    while (this.at < end) {
      const field = this.#field(bytes, end);
      if (field === undefined) return false;
      list += sizeOf(field);
      if (list > listMost) {
        this.tooLong = true;
        return true;
      }
      each(field);
    }
    return true;
  }
  #field(bytes: Buffer, end: number): Field | undefined {
    const byte = bytes[this.at]!;
    if ((byte & 0xc0) === 0xc0) return STATIC[this.integer(bytes, end, 6)];
    if ((byte & 0xd0) === 0x50) return this.#valued(STATIC[this.integer(bytes, end, 4)]?.name, bytes, end);
    // What is left, but for this one, names entries of the table that there is not.
    return (byte & 0xe0) === 0x20 ? this.#valued(this.text(bytes, end, 3), bytes, end) : undefined;
  }
  #valued(name: string | undefined, bytes: Buffer, end: number): Field | undefined {
    const value = name === undefined ? undefined : this.text(bytes, end);
    return name === undefined || value === undefined ? undefined : new Field(name, value);
  }
}

/** Lays out a field section. Values are one character a byte. */
export function section(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(2)];
  for (const [name, value] of fields) {
    const whole = STATIC.findIndex((entry) => entry.name === name && entry.value === value);
    const index = whole >= 0 ? whole : STATIC.findIndex((entry) => entry.name === name);
    if (whole >= 0) parts.push(prefixedInteger(whole, 6, 0xc0));
    else if (index >= 0) parts.push(prefixedInteger(index, 4, 0x50), prefixedText(value));
    else parts.push(prefixedText(name, 3, 0x20), prefixedText(value));
  }
  return Buffer.concat(parts);
}
