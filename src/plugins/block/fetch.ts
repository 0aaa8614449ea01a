// One list, fetched over HTTP into a file: whole, unchanged, or why not. Knows requests, redirections and limits; knows nothing of when
// one is fetched and of what is in it.
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { get } from '../../kube-api/http-get.ts';
import type { Fields } from '../../http/head.ts';
import type { Clock } from '../../kernel/clock.ts';
import { VERSION } from '../../kernel/version.ts';
import { readPlace } from '../../web-api/api-request.ts';
import { isListUrl, parted } from './remote-list.ts';

/** Milliseconds until a connection stands, until the reply begins, and between two pieces of it. */
const LIMITS = { connect: 10_000, head: 30_000, silence: 30_000 };
/** Octets of a list, and how often it may be elsewhere. */
const MOST = 256 << 20, HOPS = 5;

/** What is fetched. */
export interface Wanted {
  readonly url: string;
  /** Where it is written to. */
  readonly file: string;
  /** What the server called the one that is there; '' for none. */
  readonly tag: string;
  /** A name server that is asked for the address, `ADDRESS` or `ADDRESS:PORT`; the system's where it is not said. */
  readonly bootstrap: string | undefined;
}
/** What came: undefined where the one that is there is the newest. */
export type Fetched = { readonly tag: string } | undefined;

/** Fetches it. Rejects with an Error that says why it was not had. */
export async function fetchList(wanted: Wanted, clock: Clock, signal: AbortSignal): Promise<Fetched> {
  let { url } = wanted;
  for (let hops = 0; hops <= HOPS; hops++) {
    const reply = await fetchOnce({ ...wanted, url }, clock, signal);
    if (reply.location === undefined) return reply.fetched;
    const next = new URL(reply.location, url).href;
    if (/^https:/i.test(url) && !/^https:/i.test(next)) throw new Error(`it is moved to ${next}, which is not secure`);
    if (!isListUrl(next)) throw new Error(`it is moved to ${next}`);
    url = next;
  }
  throw new Error('it is moved again and again');
}
async function fetchOnce({ url, file, tag, bootstrap }: Wanted, clock: Clock, signal: AbortSignal):
Promise<{ readonly fetched: Fetched; readonly location?: string | undefined }> {
  const [at, target] = parted(url);
  const place = readPlace(at);
  if (place === undefined) throw new Error(`${at} is no server`);
  const { host, port, authority, secure } = place;
  const address = await addressOf(host, bootstrap);
  const headers: [string, string][] = [['User-Agent', `coredns-ts/${VERSION}`], ['Accept-Encoding', 'identity']];
  if (tag !== '') headers.push(['If-None-Match', tag]);
  const out = createWriteStream(file);
  // What the disk says comes out at the end.
  const written = finished(out).then(() => undefined, (error: Error) => error);
  let status = 0, size = 0, fields: Fields = new Map();
  try {
    await get({ host: address, port, authority, tls: secure ? { servername: host } : undefined, target, headers, limits: LIMITS }, {
      head(head) {
        ({ status } = head);
        fields = head.headers;
        const encoding = fields.get('content-encoding') ?? 'identity';
        if (status === 200 && encoding !== 'identity') throw new Error(`it comes as ${encoding}, which was not asked for`);
      },
      content(part) {
        if (status !== 200) return;
        size += part.length;
        if (size > MOST) throw new Error(`it has more than ${MOST >> 20} MB`);
        out.write(Buffer.from(part));
      },
    }, clock, signal);
  } finally {
    out.end();
    await written;
  }
  const fault = await written;
  if (fault !== undefined) throw fault;
  if (status === 304) return { fetched: undefined };
  if (status >= 301 && status <= 308 && fields.has('location')) return { fetched: undefined, location: fields.get('location') };
  if (status !== 200) throw new Error(`${authority} answered ${status}`);
  return { fetched: { tag: fields.get('etag') ?? '' } };
}
async function addressOf(host: string, bootstrap: string | undefined): Promise<string> {
  if (isIP(host) !== 0) return host;
  if (bootstrap === undefined) return (await lookup(host)).address;
  const resolver = new Resolver({ timeout: 2000, tries: 3 });
  resolver.setServers([bootstrap]);
  const [v4] = await resolver.resolve4(host).catch(() => []);
  const address = v4 ?? (await resolver.resolve6(host))[0];
  if (address === undefined) throw new Error(`${bootstrap} has no address of ${host}`);
  return address;
}
