// What is signed for an ACME server (RFC 8555 section 6.2, RFC 7515): ES256 with the account's key, as flattened JSON. Knows keys and
// texts; knows no server.
import type * as nodeCrypto from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** What of Node's cryptography it takes. */
export type JwsCryptography = Pick<typeof nodeCrypto, 'createHash' | 'createHmac' | 'createPublicKey' | 'sign'>;

/** The public part of a key of P-256, with its members in the order that its thumbprint has (RFC 7638 section 3.2). */
export interface PublicJwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}
/** An account that was made elsewhere: how the authority calls it, and its key as base64url. */
export interface ExternalAccount {
  readonly id: string;
  readonly key: string;
}
const base64url = (bytes: string | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('base64url');

/** Who signs, and what is said of the key. */
export class AccountKey {
  readonly jwk: PublicJwk;
  /** SHA-256 of the public part, as base64url. */
  readonly thumbprint: string;
  readonly #key: KeyObject;
  readonly #crypto: JwsCryptography;

  /** Throws Error where the key is not of P-256. */
  constructor(key: KeyObject, crypto: JwsCryptography) {
    const { crv, kty, x, y } = crypto.createPublicKey(key).export({ format: 'jwk' });
    if (kty !== 'EC' || crv !== 'P-256') throw new Error('the key is not of P-256');
    this.jwk = { crv, kty, x: x!, y: y! };
    this.thumbprint = crypto.createHash('sha256').update(JSON.stringify(this.jwk)).digest('base64url');
    this.#key = key;
    this.#crypto = crypto;
  }

  /** A body for a POST to `url`; `payload` undefined asks as GET does (section 6.3). `account` is its URL; the key itself without one. */
  signed(url: string, nonce: string, account: string | undefined, payload: unknown): string {
    const who = account === undefined ? { jwk: this.jwk } : { kid: account };
    const head = base64url(JSON.stringify({ alg: 'ES256', nonce, url, ...who }));
    const body = payload === undefined ? '' : base64url(JSON.stringify(payload));
    const signature = this.#crypto.sign('sha256', Buffer.from(`${head}.${body}`), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return JSON.stringify({ protected: head, payload: body, signature: base64url(signature) });
  }
  /** What binds a new account to one that was made elsewhere, with its key (section 7.3.4). */
  boundTo({ id, key }: ExternalAccount, url: string): unknown {
    const head = base64url(JSON.stringify({ alg: 'HS256', kid: id, url }));
    const payload = base64url(JSON.stringify(this.jwk));
    const signature = this.#crypto.createHmac('sha256', Buffer.from(key, 'base64url')).update(`${head}.${payload}`).digest('base64url');
    return { protected: head, payload, signature };
  }
  /** What proves at the names of a challenge that the account is this one (section 8.1). */
  proof(token: string): string {
    return `${token}.${this.thumbprint}`;
  }
}

/** The proof as a TXT record has it (section 8.4). */
export const proofInDns = (proof: string, { createHash }: JwsCryptography): string =>
  createHash('sha256').update(proof).digest('base64url');
