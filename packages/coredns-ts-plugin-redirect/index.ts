// *redirect* answers over HTTP with redirects that TXT records of this server say, as TXTDirect has them. Knows the word, its lines and a
// listener; what a record means stands in the files beside it.
import { AA, Asker, Name, RCODE, TXT, counter, definePlugin, readPeer } from 'coredns-ts';
import type { Closable } from 'coredns-ts';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { Search } from './find.ts';
import type { AskTexts } from './find.ts';
import { fill, leadsBack } from './target.ts';
import type { Asked } from './target.ts';

const METRICS = {
  requests: counter('coredns_redirect_requests_total', 'Counter of requests over HTTP by the status of their answers.', ['status']),
};
/** Milliseconds until a request has to be there; connections at a time; seconds for which a permanent redirect may be kept. */
const PATIENCE = 10_000, MOST_CONNECTIONS = 1000, KEPT = 604_800;
/** Milliseconds that an answer of our own may take. */
const TIMEOUT = 1000;

/** What a request is answered with. */
interface Said {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly text: string;
}
type Serve = (asked: Asked) => Promise<Said>;

/** The listener of one address, which a reload keeps. */
class Listener implements Closable {
  serve: Serve = async () => said(503, 'it is not served yet');
  readonly #server: Server;

  private constructor() {
    const limits = { requestTimeout: PATIENCE, headersTimeout: PATIENCE };
    this.#server = createServer(limits, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }
  static async open(address: string, port: number): Promise<Listener> {
    const listener = new Listener();
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen(port, address === '' ? undefined : address, resolve);
    });
    return listener;
  }
  async #answer({ method = '', url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers: fields, text } = await this.serve({ method, uri: url, host: headers.host ?? '', headers })
      .catch(() => said(502, 'the zones did not answer'));
    try {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'status-code': String(status), ...fields });
    } catch {
      // A field that is none, or that this answer cannot have: whoever wrote the record shall not end the server.
      response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' });
    }
    response.end(method === 'HEAD' ? undefined : `${text}\n`);
  }
  close(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }
}
const said = (status: number, text: string, headers: Said['headers'] = {}): Said => ({ status, text, headers });

export default definePlugin({
  name: 'redirect',
  metrics: METRICS,
  syntax: 'redirect ADDRESS {\n    otherwise URL\n}',
  parse([line, again]) {
    if (again !== undefined) again.fail('this plugin can only be used once per Server Block');
    const text = line.arg();
    const settings = {
      listen: text, otherwise: '',
      at: line.attempt(() => readPeer(text.startsWith(':') ? `0.0.0.0${text}` : text), (reason) => line.fail(reason)),
    };
    line.properties({
      otherwise(property) {
        settings.otherwise = property.only();
        if (fill(settings.otherwise, { method: 'GET', host: 'a', uri: '/', headers: {} }) === undefined) {
          property.fail(`"${settings.otherwise}" is no URL of http or https`);
        }
      },
    });
    return settings;
  },
  create({ listen, at, otherwise }, site) {
    return {
      async started(run) {
        const log = run.log.prefix('redirect');
        const requests = run.metrics.family(METRICS.requests);
        const [own] = site.endpoints.filter(({ scheme }) => scheme === 'dns');
        if (own === undefined) throw new Error('redirect asks its own zones, and this block does not listen for DNS');
        const local = own.address === '' || own.address === '0.0.0.0' ? '127.0.0.1' : own.address === '::' ? '::1' : own.address;
        const asker = new Asker(run, { address: local, port: own.port }, { timeout: TIMEOUT });
        /** What is in no zone of ours is not there: nobody else is believed, or asked. */
        const ask: AskTexts = async (text) => {
          const name = Name.parse(text, Name.root);
          if (!site.zones.some((zone) => name.isUnder(zone))) return [];
          const { rcode, flags, answer } = await asker.ask(name, TXT.type);
          if (rcode !== RCODE.NOERROR || (flags & AA) === 0) return [];
          return answer.filter(({ type }) => type === TXT.type).map(({ rdata }) => textsOf(rdata));
        };
        const told = new Set<string>();
        const tell = (why: string): void => {
          if (told.size < 100 && !told.has(why)) log.warning(why);
          told.add(why);
        };
        const listener = await run.shared.use(`redirect ${listen}`, run.signal, () => Listener.open(at.address, at.port));
        listener.serve = async (asked) => {
          const answer = await serve(asked, ask, otherwise, tell);
          run.metrics.values[requests.cell([String(answer.status)])]!++;
          return answer;
        };
      },
    };
  },
});

async function serve(asked: Asked, ask: AskTexts, otherwise: string, tell: (why: string) => void): Promise<Said> {
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return said(405, 'GET and HEAD alone', { allow: 'GET, HEAD' });
  const host = asked.host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) !== 0;
  const isName = host.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) && host.length < 240;
  if (!isName && !isAddress) return said(400, 'no host that a name could be made of');
  if (asked.uri === '/favicon.ico') return said(404, 'not found');
  const path = asked.uri.split('?')[0]!;
  const found = isAddress ? { why: 'no name' } : await new Search(ask).find(host, path);
  const record = 'record' in found ? found.record : undefined;
  if ('why' in found && found.why !== 'no record' && found.why !== 'no name') tell(`${host}: ${found.why}`);
  const wanted = record === undefined ? [] : 'isRoot' in found && found.isRoot ? [record.root, record.website, record.to]
    : [record.to, record.website, record.root];
  for (const template of [...wanted, otherwise]) {
    if (template === '') continue;
    const url = fill(template, asked);
    if (url === undefined) tell(`${host}: "${template}" leads nowhere`);
    else if (leadsBack(url, asked)) tell(`${host}: "${template}" leads back to where it came from`);
    else {
      const code = record?.code ?? 302;
      return said(code, url.href, {
        ...Object.fromEntries(record?.headers ?? []), location: url.href, ...(code === 301 ? { 'cache-control': `max-age=${KEPT}` } : {}),
      });
    }
  }
  return said(404, 'not found');
}
/** The strings of a TXT record. */
function textsOf(rdata: Uint8Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < rdata.length; at += 1 + rdata[at]!) {
    texts.push(Buffer.from(rdata.subarray(at + 1, at + 1 + rdata[at]!)).toString('latin1'));
  }
  return texts;
}
