// One account at one ACME server (RFC 8555 sections 7.1 to 7.3): its directory, its nonces, what is signed for it. Knows requests and the
// account's key; knows no order.
import type { Clock } from '../../../kernel/clock.ts';
import { quoted } from '../../../wording/quote.ts';
import type { AccountKey, ExternalAccount } from './jws.ts';
import { AcmeRefusal, objectOf } from './refusal.ts';
import type { AcmeReply } from './requests.ts';

/** What a server says: an object, and where it stands. */
export interface AcmeDocument {
  readonly body: { readonly [key: string]: unknown };
  readonly reply: AcmeReply;
}
/** What a session needs. */
export interface SessionParts {
  readonly ask: (url: string, body?: string) => Promise<AcmeReply>;
  /** The key of the account, asked for when it is needed. */
  readonly key: () => Promise<AccountKey>;
  readonly clock: Pick<Clock, 'wall'>;
  /** The directory's URL. */
  readonly directory: string;
  /** `mailto:` of who is told of what is wrong with certificates; undefined: nobody. */
  readonly contact: string | undefined;
  /** Whose account it is, where the authority wants to know. */
  readonly external: ExternalAccount | undefined;
  /** The server has terms of service, at this URL: who has an account agrees to them. */
  readonly terms: (url: string) => void;
}
/** So often a request is signed anew because its nonce was used up (section 6.5). */
const TRIES = 10;

/** Begins with the directory; the account is made, or found again, when it is first needed. */
export class AcmeSession {
  readonly #parts: SessionParts;
  #directory: { readonly [key: string]: unknown } = {};
  #nonce: string | undefined;
  #account: string | undefined;
  #key: AccountKey | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Reads the directory. Rejects with Error, or AcmeRefusal. */
  async open(): Promise<void> {
    const { directory, ask } = this.#parts;
    const reply = await ask(directory);
    if (reply.status !== 200) throw this.#refusal('the directory', reply);
    const body = objectOf(reply.text);
    if (body === undefined || typeof body['newNonce'] !== 'string') throw new Error(`${directory}: this is no directory of an ACME server`);
    this.#directory = body;
  }
  /** A URL of the directory, or undefined. */
  at(name: string): string | undefined {
    const url = this.#directory[name];
    return typeof url === 'string' ? url : undefined;
  }
  /** What proves at the names of a challenge that this account asked; it is registered. */
  proof(token: string): string {
    return this.#key!.proof(token);
  }

  /** Makes the account of the key, or finds the one that it has (section 7.3.1). */
  async register(): Promise<void> {
    const { contact, terms, external } = this.#parts;
    const meta = (this.#directory['meta'] ?? {}) as { readonly [key: string]: unknown };
    if (meta['externalAccountRequired'] === true && external === undefined) {
      throw new Error('the ACME server wants an account that was made elsewhere (externalAccountRequired): name it with eab');
    }
    if (typeof meta['termsOfService'] === 'string') terms(meta['termsOfService']);
    const url = this.#url('newAccount');
    const key = this.#key ??= await this.#parts.key();
    const reply = await this.#post('the account', url, {
      termsOfServiceAgreed: true, ...(contact === undefined ? {} : { contact: [contact] }),
      ...(external === undefined ? {} : { externalAccountBinding: key.boundTo(external, url) }),
    });
    this.#account = reply.field('location');
    if (this.#account === undefined) throw new Error('the ACME server does not say where the account is');
  }
  /** Asks for a new thing of this kind: `newOrder`. */
  create(what: string, kind: string, payload: unknown): Promise<AcmeDocument> {
    return this.say(what, this.#url(kind), payload);
  }
  /** Says something at a URL, or asks for what is there without a payload. Rejects with Error, AcmeRefusal where it was refused. */
  async say(what: string, url: string, payload?: unknown): Promise<AcmeDocument> {
    const reply = await this.#post(what, url, payload);
    const body = objectOf(reply.text);
    if (body === undefined) throw new Error(`${what}: the ACME server says what is no JSON object`);
    return { body, reply };
  }
  /** The text that stands at a URL. */
  async text(what: string, url: string): Promise<string> {
    return (await this.#post(what, url, undefined)).text;
  }

  async #post(what: string, url: string, payload: unknown): Promise<AcmeReply> {
    const { ask } = this.#parts;
    const key = this.#key ??= await this.#parts.key();
    for (let tries = TRIES; ; tries--) {
      const nonce = this.#nonce ?? await this.#newNonce();
      this.#nonce = undefined;
      const reply = await ask(url, key.signed(url, nonce, this.#account, payload));
      const fresh = reply.field('replay-nonce');
      this.#nonce = fresh !== undefined && isNonce(fresh) ? fresh : undefined;
      if (reply.status >= 200 && reply.status < 300) return reply;
      const refusal = this.#refusal(what, reply);
      if (refusal.kind !== 'badNonce' || tries <= 1) throw refusal;
    }
  }
  async #newNonce(): Promise<string> {
    const reply = await this.#parts.ask(this.#url('newNonce'));
    const nonce = reply.field('replay-nonce');
    if (reply.status >= 300) throw this.#refusal('a nonce', reply);
    if (nonce === undefined || !isNonce(nonce)) throw new Error('the ACME server gives no nonce');
    return nonce;
  }
  #url(name: string): string {
    const url = this.at(name);
    if (url === undefined) throw new Error(`the directory of the ACME server has no ${quoted(name)}`);
    return url;
  }
  #refusal(what: string, reply: AcmeReply): AcmeRefusal {
    return new AcmeRefusal(what, reply, this.#parts.clock.wall());
  }
}
/** Section 6.5.1. */
const isNonce = (text: string): boolean => /^[A-Za-z0-9_-]+$/.test(text);
