// The fields of a request as HTTP/2 and HTTP/3 have them, judged by their rules (RFC 9113 section 8, RFC 9114 section 4). Knows fields;
// knows no connection.
import type { Field } from './field-bytes.ts';
import type { Incoming } from './incoming.ts';

/** What a field was found to be: nothing special, none of a request, or a length. */
const SOUND = 1, BAD = 2, LENGTH = 3;

function judge({ name, value }: Field): number {
  if (/[^!#$%&'*+.^_`|~0-9a-z-]/.test(name) || name === '' || /[\0\r\n]|^[ \t]|[ \t]$/.test(value)) return BAD;
  switch (name) {
    case 'connection': case 'transfer-encoding': case 'upgrade': case 'keep-alive': case 'proxy-connection': return BAD;
    case 'content-length': return /^[0-9]{1,9}$/.test(value) ? LENGTH : BAD;
    case 'te': return value === 'trailers' ? SOUND : BAD;
    default: return SOUND;
  }
}

/** Takes a field of a request's head, or of what stands behind its body. */
export function take(stream: Incoming, field: Field): void {
  const { name, value } = field;
  if (stream.trailing) {
    if (name.startsWith(':')) stream.bad = true;
    return;
  }
  if (name.charCodeAt(0) === 58) return pseudo(stream, name, value);
  const verdict = (field.verdict ||= judge(field));
  if (verdict === BAD || (verdict === LENGTH && stream.length !== -1)) stream.bad = true;
  else if (verdict === LENGTH) stream.length = Number(value);
  stream.list.push(field);
}
/** The pseudo-fields of a request stand once each, before all others (RFC 9113 section 8.3). */
function pseudo(stream: Incoming, name: string, value: string): void {
  if (stream.list.length > 0) stream.bad = true;
  if (name === ':path') {
    if (stream.target !== '' || /[^!-~\x80-\xff]/.test(value)) stream.bad = true;
    stream.target = value;
  } else if (name === ':method') {
    if (stream.method !== '') stream.bad = true;
    stream.method = value;
  } else if (name === ':scheme') {
    if (stream.scheme !== '') stream.bad = true;
    stream.scheme = value;
  } else if (name === ':authority') {
    if (stream.authority !== '') stream.bad = true;
    stream.authority = value;
  } else stream.bad = true;
}
