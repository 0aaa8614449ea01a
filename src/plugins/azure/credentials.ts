// Where tokens for Azure's API come from: a secret of an application, a federated token as AKS gives it to a pod, the identity of an App
// Service, of the machine. Knows the places; keeps a token until shortly before its end.
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';
import { askApi, jsonOf, readPlace } from '../../web-api/api-request.ts';
import type { ApiRequest } from '../../web-api/api-request.ts';
import type { Environment } from '../../web-api/environment.ts';
import { quoted } from '../../wording/quote.ts';
import type { AccountWords } from './config.ts';

/** Whose tokens, from where and for what. */
export interface TokenSource {
  readonly account: AccountWords;
  /** Where applications get theirs. */
  readonly login: string;
  readonly resource: string;
}

const METADATA = 'http://169.254.169.254';
/** Milliseconds before its end at which a token is asked for again. */
const EARLY = 300_000;
const FORM = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The tokens of one account. */
export class AzureTokens {
  readonly #source: TokenSource;
  readonly #clock: Clock;
  readonly #environment: Environment;
  #kept: { readonly token: string; readonly until: number } | undefined;

  constructor(source: TokenSource, clock: Clock, environment: Environment) {
    this.#source = source;
    this.#clock = clock;
    this.#environment = environment;
  }

  /** A token that holds now. Rejects with a text for people where there is none. */
  async get(signal: AbortSignal): Promise<string> {
    const now = this.#clock.wall();
    if (this.#kept !== undefined && this.#kept.until - EARLY > now) return this.#kept.token;
    const { access_token: token, expires_in: left, expires_on: end } = await this.#find(signal) as { readonly [field: string]: unknown };
    if (typeof token !== 'string' || token === '') throw new Error('Azure gave no token');
    // Numbers, or texts of numbers: how long it holds, or the second at which it ends.
    const seconds = numberOf(left), until = numberOf(end) * 1000;
    this.#kept = { token, until: Number.isFinite(seconds) ? now + seconds * 1000 : Number.isFinite(until) ? until : now + EARLY };
    return token;
  }
  /** What was shown is no longer taken: another one is asked for the next time. */
  forget(): void {
    this.#kept = undefined;
  }

  async #find(signal: AbortSignal): Promise<unknown> {
    const environment = this.#environment;
    const { account } = this.#source;
    const tenant = account.tenant || environment('AZURE_TENANT_ID'), client = account.client || environment('AZURE_CLIENT_ID');
    if (tenant !== undefined && client !== undefined) {
      const secret = account.secret || environment('AZURE_CLIENT_SECRET');
      if (secret !== undefined) return await this.#grant(tenant, [['client_id', client], ['client_secret', secret]], signal);
      const file = environment('AZURE_FEDERATED_TOKEN_FILE');
      if (file !== undefined) {
        const assertion = (await readFile(file, 'utf8')).trim();
        const shown = [['client_assertion_type', ASSERTION], ['client_assertion', assertion]] as const;
        return await this.#grant(tenant, [['client_id', client], ...shown], signal);
      }
    }
    const service = environment('IDENTITY_ENDPOINT'), header = environment('IDENTITY_HEADER');
    const whose = client === undefined ? '' : `&client_id=${encodeURIComponent(client)}`;
    const asked = `resource=${encodeURIComponent(this.#source.resource)}${whose}`;
    if (service !== undefined && header !== undefined) {
      const request = { target: `?api-version=2019-08-01&${asked}`, headers: [['X-IDENTITY-HEADER', header]] as const };
      return await this.#ask(service, request, 'the identity of the service', signal);
    }
    const machine = environment('AZURE_POD_IDENTITY_AUTHORITY_HOST') ?? METADATA;
    const request = { target: `/metadata/identity/oauth2/token?api-version=2018-02-01&${asked}`, headers: [['Metadata', 'true']] as const };
    return await this.#ask(machine, request, 'there are no credentials in the Corefile or the environment, and the identity of the machine',
      signal);
  }
  #grant(tenant: string, words: readonly (readonly [string, string])[], signal: AbortSignal): Promise<unknown> {
    const { login, resource } = this.#source;
    const form = new URLSearchParams({ grant_type: 'client_credentials', scope: `${resource}.default` });
    for (const [name, value] of words) form.append(name, value);
    const target = `/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
    return this.#ask(login, { target, headers: FORM, body: Buffer.from(form.toString()) }, 'the login of Azure', signal);
  }
  async #ask(url: string, request: ApiRequest, who: string, signal: AbortSignal): Promise<unknown> {
    const place = readPlace(url);
    if (place === undefined) throw new Error(`${quoted(url)} is no URL`);
    return jsonOf(await askApi(place, request, this.#clock, signal), who);
  }
}
const numberOf = (value: unknown): number => (typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN);
