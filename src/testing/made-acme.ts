// An ACME server for tests: does what RFC 8555 says, judges every signature, asks for the proofs where it is told to, and says whatever a
// test wants instead. Knows its own few states; knows nothing of who asks.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { elements } from '../secure/der.ts';
import { Authority } from './certificates.ts';

/** What came: the last word of the path, and what was signed. */
export interface Asked {
  readonly what: string;
  readonly head: { readonly [key: string]: unknown };
  readonly payload: { readonly [key: string]: unknown } | undefined;
}
/** What is said in place of what is right; `hang` says nothing at all. */
export type Said = { readonly status?: number; readonly body?: unknown; readonly headers?: { readonly [name: string]: string } } | 'hang';

interface Order {
  readonly identifiers: readonly { readonly value: string }[];
  status: string;
  readonly proofs: string[];
  cert: string;
  replaces: unknown;
}

/** One server. */
export class MadeAcme {
  readonly asked: Asked[] = [];
  readonly orders: Order[] = [];
  readonly authority = new Authority();
  /** Says something else than what is right, where it returns something. */
  script: (asked: Asked) => Said | undefined = () => undefined;
  /** The life of what it gives, milliseconds since 1970. */
  life: { readonly from: number; readonly until: number } = { from: Date.now() - 3600_000, until: Date.now() + 90 * 86_400_000 };
  /** What `renewalInfo` says; undefined: there is none. */
  window: { readonly start: number; readonly end: number } | undefined = undefined;
  /** Requests that are being answered. */
  busy = 0;
  /** The port of the server that answers for all names. */
  dns = 0;
  readonly #keys = new Map<string, { readonly [key: string]: unknown }>();
  readonly #nonces = new Set<string>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  #port = 0;
  #count = 0;

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
  /** How often this was asked for. */
  count(what: string): number {
    return this.asked.filter((each) => each.what === what).length;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.busy++;
    await this.#say(request, response).finally(() => this.busy--);
  }
  async #say(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const path = request.url!.split('/').slice(1);
    const asked = this.#read(path, text, request.url!);
    this.asked.push(asked);
    const said = this.script(asked) ?? await this.#right(path, asked);
    if (said === 'hang') return;
    const nonce = `nonce${++this.#count}`;
    this.#nonces.add(nonce);
    response.writeHead(said.status ?? 200, { 'Replay-Nonce': nonce, ...said.headers });
    response.end(typeof said.body === 'string' ? said.body : JSON.stringify(said.body ?? {}));
  }
  /** Throws where it is signed wrongly, which ends the test. */
  #read([what = '']: readonly string[], text: string, target: string): Asked {
    if (text === '') return { what, head: {}, payload: undefined };
    const { protected: first, payload, signature } = JSON.parse(text) as { [key: string]: string };
    const head = JSON.parse(Buffer.from(first!, 'base64url').toString()) as { [key: string]: unknown };
    const jwk = head['jwk'] as { [key: string]: unknown } | undefined ?? this.#keys.get(String(head['kid']));
    const key = createPublicKey({ key: jwk as never, format: 'jwk' });
    const signed = Buffer.from(`${first}.${payload}`);
    const good = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature!, 'base64url'));
    if (!good || head['url'] !== `${this.url}${target}` || !this.#nonces.delete(String(head['nonce'])) || head['alg'] !== 'ES256') {
      throw new Error(`signed wrongly: ${JSON.stringify(head)}`);
    }
    if (head['jwk'] !== undefined) this.#keys.set(`${this.url}/account/1`, jwk!);
    const said = payload === '' ? undefined : JSON.parse(Buffer.from(payload!, 'base64url').toString()) as Asked['payload'];
    return { what, head, payload: said };
  }

  async #right([what, first = '', second = '']: readonly string[], asked: Asked): Promise<Said> {
    const { url } = this;
    const order = this.orders[Number(first)];
    if (what === 'dir') {
      const info = this.window === undefined ? {} : { renewalInfo: `${url}/renewal` };
      const words = { newNonce: `${url}/nonce`, newAccount: `${url}/account`, newOrder: `${url}/new` };
      return { body: { ...words, ...info, meta: { termsOfService: `${url}/terms` } } };
    }
    if (what === 'nonce') return { status: 204, body: '' };
    if (what === 'renewal') {
      const [start, end] = [this.window!.start, this.window!.end].map((at) => new Date(at).toISOString());
      return { body: { suggestedWindow: { start, end } }, headers: { 'Retry-After': '3600' } };
    }
    if (what === 'account') return { status: 201, headers: { Location: `${url}/account/1` } };
    if (what === 'new') return this.#begin(asked);
    if (order === undefined) return { status: 404 };
    if (what === 'order') return { body: this.#orderOf(Number(first)) };
    if (what === 'proof') return { body: this.#proofOf(order, first, Number(second)) };
    if (what === 'challenge') return this.#look(order, Number(second), asked);
    if (what === 'end') return this.#finish(order, Number(first), asked);
    return { body: order.cert };
  }
  #begin({ payload }: Asked): Said {
    const { identifiers, replaces } = payload as { identifiers: Order['identifiers']; replaces: unknown };
    this.orders.push({ identifiers, status: 'pending', proofs: identifiers.map(() => 'pending'), cert: '', replaces });
    const number = this.orders.length - 1;
    return { status: 201, body: this.#orderOf(number), headers: { Location: `${this.url}/order/${number}` } };
  }
  #orderOf(number: number): unknown {
    const { status, identifiers } = this.orders[number]!;
    const at = (what: string) => `${this.url}/${what}/${number}`;
    return { status, finalize: at('end'), certificate: at('cert'), authorizations: identifiers.map((_, i) => `${at('proof')}/${i}`) };
  }
  #proofOf({ identifiers, proofs }: Order, number: string, i: number): unknown {
    const { value } = identifiers[i]!;
    const url = `${this.url}/challenge/${number}/${i}`;
    const challenge = (type: string) => ({ type, url, token: `token-${number}-${i}`, status: proofs[i] });
    return {
      status: proofs[i], identifier: { type: 'dns', value: value.replace(/^\*\./, '') },
      challenges: [challenge('http-01'), challenge('dns-01'), challenge('tls-alpn-01')],
    };
  }
  /** Asks for the TXT record that this account's key makes of the token. */
  async #look(order: Order, i: number, { head }: Asked): Promise<Said> {
    const { crv, kty, x, y } = this.#keys.get(String(head['kid']))! as { [key: string]: unknown };
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
    const wanted = createHash('sha256').update(`token-${this.orders.indexOf(order)}-${i}.${thumbprint}`).digest('base64url');
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${this.dns}`]);
    const { value } = order.identifiers[i]!;
    const found = await resolver.resolveTxt(`_acme-challenge.${value.replace(/^\*\./, '')}`).catch(() => []);
    order.proofs[i] = found.flat().includes(wanted) ? 'valid' : 'invalid';
    if (order.proofs.every((state) => state === 'valid')) order.status = 'ready';
    return {};
  }
  #finish(order: Order, number: number, { payload }: Asked): Said {
    const request = Buffer.from(String(payload!['csr']), 'base64url');
    const [body] = elements(elements(request)[0]!.body);
    const publicKey = elements(body!.body)[2]!.whole;
    const names = order.identifiers.map(({ value }) => value);
    if (!names.every((name) => request.includes(name))) throw new Error('the request is for other names');
    order.cert = this.authority.sign({ names, publicKey, ...this.life }).cert;
    order.status = 'valid';
    return { body: this.#orderOf(number) };
  }
}
