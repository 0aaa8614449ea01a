// Where tokens for Google's APIs come from: the key of a service account, what gcloud keeps of a user, the metadata of the machine. Knows
// the places; keeps a token until shortly before its end.
import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { askApi, jsonOf, readPlace } from '../../web-api/api-request.ts';
import type { ApiReply, ApiRequest } from '../../web-api/api-request.ts';
import type { Environment } from '../../web-api/environment.ts';
import { quoted } from '../../wording/quote.ts';

/** A file of credentials, as JSON. */
export interface Credential {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Kinds that Google's own programs know, and those that are known here. */
const KNOWN = ['service_account', 'authorized_user', 'impersonated_service_account', 'external_account'];
const SCOPE = 'https://www.googleapis.com/auth/ndev.clouddns.readonly', TOKENS = 'https://oauth2.googleapis.com/token';
const METADATA = 'http://169.254.169.254';
/** Milliseconds before its end at which a token is asked for again; seconds that an assertion is good for. */
const EARLY = 300_000, LIFE = 3600;

/** Reads the text of a file of credentials. Throws Error, in CoreDNS's words where it has some. */
export function readCredential(text: string): Credential {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    const [first] = text.trim();
    throw new Error(first === undefined ? 'unexpected end of JSON input' : `invalid character '${first}' looking for beginning of value`);
  }
  const { type } = (read ?? {}) as { readonly type?: unknown };
  if (typeof type !== 'string' || type === '') throw new Error('missing `type` field in credential');
  if (!KNOWN.includes(type)) throw new Error(`unknown credential type: ${type}`);
  return read as Credential;
}

/** The tokens of one account. */
export class GoogleTokens {
  readonly #given: Credential | undefined;
  readonly #clock: Clock;
  readonly #environment: Environment;
  #kept: { readonly token: string; readonly until: number } | undefined;

  constructor(given: Credential | undefined, clock: Clock, environment: Environment) {
    this.#given = given;
    this.#clock = clock;
    this.#environment = environment;
  }

  /** A token that holds now. Rejects with a text for people where there is none. */
  async get(signal: AbortSignal): Promise<string> {
    const kept = this.#kept;
    if (kept !== undefined && kept.until - EARLY > this.#clock.wall()) return kept.token;
    const { access_token: token, expires_in: seconds } = await this.#fetch(signal) as { access_token?: unknown; expires_in?: unknown };
    if (typeof token !== 'string' || token === '') throw new Error('Google gave no token');
    this.#kept = { token, until: this.#clock.wall() + (typeof seconds === 'number' ? seconds * 1000 : EARLY) };
    return token;
  }
  /** Who it is for, in a few words: tells accounts apart. */
  get account(): string {
    return text(this.#given, 'client_email') || text(this.#given, 'client_id') || 'of the machine';
  }

  async #fetch(signal: AbortSignal): Promise<unknown> {
    const credential = this.#given ?? await this.#usual();
    if (credential === undefined) return await this.#machine(signal);
    const uri = text(credential, 'token_uri');
    if (credential.type === 'service_account') return await this.#grant(uri, assertion(credential, this.#clock), signal);
    if (credential.type === 'authorized_user') {
      const words = ['client_id', 'client_secret', 'refresh_token'].map((name) => [name, text(credential, name)] as const);
      return await this.#grant(uri, [['grant_type', 'refresh_token'], ...words], signal);
    }
    throw new Error(`credentials of the type ${credential.type} are not supported: use a service account, or the machine's own`);
  }
  /** The file that is named by the environment, or that gcloud keeps. */
  async #usual(): Promise<Credential | undefined> {
    const named = this.#environment('GOOGLE_APPLICATION_CREDENTIALS');
    const folder = this.#environment('CLOUDSDK_CONFIG') ?? path.join(homedir(), '.config', 'gcloud');
    const file = named ?? path.join(folder, 'application_default_credentials.json');
    try {
      return readCredential(await readFile(file, 'utf8'));
    } catch (error) {
      if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`invalid credentials file ${quoted(file)}: ${(error as Error).message}`, { cause: error });
    }
  }
  async #grant(uri: string, words: readonly (readonly [string, string])[], signal: AbortSignal): Promise<unknown> {
    const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
    const body = Buffer.from(new URLSearchParams(words.map(([name, value]): [string, string] => [name, value])).toString());
    return jsonOf(await this.#ask(uri === '' ? TOKENS : uri, { target: '', headers, body }, signal), 'Google');
  }
  async #machine(signal: AbortSignal): Promise<unknown> {
    const host = this.#environment('GCE_METADATA_HOST');
    const url = `${host === undefined ? METADATA : `http://${host}`}/computeMetadata/v1/instance/service-accounts/default/token`;
    const headers = [['Metadata-Flavor', 'Google']] as const;
    try {
      return jsonOf(await this.#ask(url, { target: '', headers }, signal), 'the metadata of the machine');
    } catch (error) {
      throw new Error(`could not find default credentials: ${(error as Error).message}`, { cause: error });
    }
  }
  #ask(url: string, request: ApiRequest, signal: AbortSignal): Promise<ApiReply> {
    const place = readPlace(url);
    if (place === undefined) throw new Error(`${quoted(url)} is no URL`);
    return askApi(place, request, this.#clock, signal);
  }
}

/** What a service account signs for itself (RFC 7523). */
function assertion(credential: Credential, clock: Clock): readonly (readonly [string, string])[] {
  const email = text(credential, 'client_email'), key = text(credential, 'private_key');
  if (email === '') throw new Error('email must be provided');
  if (key === '') throw new Error('the service account has no private_key');
  const now = Math.floor(clock.wall() / 1000);
  const claims = { iss: email, scope: SCOPE, aud: text(credential, 'token_uri') || TOKENS, iat: now, exp: now + LIFE };
  const id = text(credential, 'private_key_id');
  const head = { alg: 'RS256', typ: 'JWT', ...(id === '' ? {} : { kid: id }) };
  const said = [head, claims].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(said), createPrivateKey(key)).toString('base64url');
  return [['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'], ['assertion', `${said}.${signature}`]];
}
function text(credential: Credential | undefined, name: string): string {
  const value = credential?.[name];
  return typeof value === 'string' ? value : '';
}
