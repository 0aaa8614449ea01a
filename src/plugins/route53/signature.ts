// AWS Signature Version 4 of a request, as AWS's own documentation of it says. Knows keys and canonical forms; sends nothing.
import { createHash, createHmac } from 'node:crypto';

/** Who signs. */
export interface AwsKeys {
  readonly id: string;
  readonly secret: string;
  /** Of temporary keys. */
  readonly token: string | undefined;
}
/** What is signed: `path` as it is sent, the query's words not encoded yet. */
export interface Signable {
  readonly method: 'GET' | 'POST';
  readonly authority: string;
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}
/** For what the signature is. */
export interface Scope {
  readonly region: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
/** As RFC 3986 says, with nothing reserved left as it is. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
/** The query as it is sent: sorted. */
export function queryText(query: Signable['query']): string {
  return query.map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([a, v], [b, w]) => (a === b ? (v < w ? -1 : 1) : a < b ? -1 : 1)).map((pair) => pair.join('=')).join('&');
}

/** The header fields that make the request a signed one. */
export function sign({ method, authority, path, query, body = '' }: Signable, { id, secret, token }: AwsKeys,
  { region, service, now }: Scope): [name: string, value: string][] {
  const moment = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = moment.slice(0, 8);
  const fields: [string, string][] = [['host', authority], ['x-amz-date', moment]];
  if (token !== undefined) fields.push(['x-amz-security-token', token]);
  const names = fields.map(([name]) => name).join(';');
  const canonical = [method, path.split('/').map((part) => encoded(part)).join('/'), queryText(query),
    ...fields.map(([name, value]) => `${name}:${value.trim()}`), '', names, sha256(body)].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = ['aws4_request', service, region, day].reduceRight<string | Buffer>((last, text) => hmac(last, text), `AWS4${secret}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', moment, scope, sha256(canonical)].join('\n')).toString('hex');
  const said = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return [...fields.slice(1), ['Authorization', said]];
}
