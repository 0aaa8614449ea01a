// What a record of TXTDirect says: fields of a text. Knows the text; looks nothing up.

/** One record. */
export interface RedirectRecord {
  readonly to: string;
  readonly code: number;
  readonly type: 'host' | 'path';
  /** Names of records that count in its place, the first that there is. */
  readonly use: readonly string[];
  /** Where the empty path leads. */
  readonly root: string;
  readonly website: string;
  /** `/$2/$1`: how the parts of a path are put together for the look-up. */
  readonly from: string;
  /** Further fields of the response. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Octets of the longest text, and how many fields it may have. */
const LONGEST = 255, MOST_FIELDS = 32;
const CODES = [301, 302, 303, 307, 308];
const HEADER = /^[A-Za-z0-9-]{1,64}$/;
/** What the server says itself, and what is about the connection. */
const OWN = new Set(['location', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'trailer', 'upgrade', 'status-code']);

/** Reads a text; a text in turn where it is none: what is wrong with it. */
export function readRecord(text: string): RedirectRecord | string {
  if (text.length > LONGEST) return `it is longer than ${LONGEST} octets`;
  const fields = text.split(';').map((field) => field.trim()).filter((field) => field !== '');
  if (fields.length > MOST_FIELDS) return `it has more than ${MOST_FIELDS} fields`;
  const values = new Map<string, string>();
  const use: string[] = [];
  const headers: (readonly [string, string])[] = [];
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at <= 0) return `"${field}" is not KEY=VALUE`;
    const [key, value] = [field.slice(0, at), field.slice(at + 1)];
    if (key === 'use') use.push(value);
    else if (!key.startsWith('>')) values.set(key, value);
    else if (!HEADER.test(key.slice(1)) || OWN.has(key.slice(1).toLowerCase()) || /[^\x20-\x7e]/.test(value)) {
      return `${key.slice(1)} is no header that may be set`;
    }
    else headers.push([key.slice(1), value]);
  }
  const of = (key: string, otherwise = ''): string => values.get(key) ?? otherwise;
  if (of('v', 'txtv0') !== 'txtv0') return `its version is ${of('v')}, not txtv0`;
  const code = Number(of('code', '302'));
  if (!CODES.includes(code)) return `code is ${of('code')}, and not one of ${CODES.join(', ')}`;
  const type = of('type', 'host');
  if (type !== 'host' && type !== 'path') return `there is no type ${type} here: host or path`;
  return { to: of('to'), code, type, use, root: of('root'), website: of('website'), from: of('from'), headers };
}
