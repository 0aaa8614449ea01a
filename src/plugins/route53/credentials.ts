// Where AWS keys come from, in the order in which AWS's own programs look: the Corefile, the environment, a file of profiles, a token of a
// web identity, a container's agent, the machine's metadata. Knows the places; keeps what is temporary until shortly before its end.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { askApi, jsonOf, readPlace } from '../../web-api/api-request.ts';
import type { ApiReply, ApiRequest } from '../../web-api/api-request.ts';
import type { Environment } from '../../web-api/environment.ts';
import { quoted } from '../../wording/quote.ts';
import { profileOf } from './profiles.ts';
import { queryText } from './signature.ts';
import type { AwsKeys } from './signature.ts';
import { child, readXml, textOf } from './xml.ts';

/** What a Corefile may say of them. */
export interface KeySource {
  readonly fixed: AwsKeys | undefined;
  readonly profile: string | undefined;
  /** The file of the profile, where it is not the usual one. */
  readonly file: string | undefined;
}
interface Temporary {
  readonly keys: AwsKeys;
  /** Milliseconds since 1970; undefined: they do not end. */
  readonly until: number | undefined;
}

/** Milliseconds before their end at which temporary keys are asked for again. */
const EARLY = 300_000;
const METADATA = 'http://169.254.169.254', CONTAINER = 'http://169.254.170.2';

/** The keys of one account. */
export class AwsCredentials {
  readonly #source: KeySource;
  readonly #clock: Clock;
  readonly #environment: Environment;
  #kept: Temporary | undefined;

  constructor(source: KeySource, clock: Clock, environment: Environment) {
    this.#source = source;
    this.#clock = clock;
    this.#environment = environment;
  }

  /** Resolves to what holds now. Rejects with a text for people where there are none. */
  async get(signal: AbortSignal): Promise<AwsKeys> {
    const kept = this.#kept;
    if (kept !== undefined && (kept.until === undefined || kept.until - EARLY > this.#clock.wall())) return kept.keys;
    this.#kept = await this.#find(signal);
    return this.#kept.keys;
  }

  async #find(signal: AbortSignal): Promise<Temporary> {
    const environment = this.#environment;
    const { fixed, profile, file } = this.#source;
    if (fixed !== undefined) return { keys: fixed, until: undefined };
    const id = environment('AWS_ACCESS_KEY_ID'), secret = environment('AWS_SECRET_ACCESS_KEY');
    if (profile === undefined && id !== undefined && secret !== undefined) {
      return { keys: { id, secret, token: environment('AWS_SESSION_TOKEN') }, until: undefined };
    }
    const named = profile ?? environment('AWS_PROFILE');
    const own = await this.#profile(named ?? 'default', file);
    if (own !== undefined) return { keys: own, until: undefined };
    if (named !== undefined) throw new Error(`there are no keys in profile ${named}`);
    const role = environment('AWS_ROLE_ARN'), tokenFile = environment('AWS_WEB_IDENTITY_TOKEN_FILE');
    if (role !== undefined && tokenFile !== undefined) return this.#webIdentity(role, tokenFile, signal);
    const relative = environment('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
    const full = environment('AWS_CONTAINER_CREDENTIALS_FULL_URI') ?? (relative === undefined ? undefined : `${CONTAINER}${relative}`);
    if (full !== undefined) return this.#container(full, signal);
    if (environment('AWS_EC2_METADATA_DISABLED')?.toLowerCase() === 'true') {
      throw new Error('there are no AWS keys: none in the environment or in a profile, and the metadata of the machine is not to be asked');
    }
    return this.#machine(signal);
  }
  async #profile(name: string, file: string | undefined): Promise<AwsKeys | undefined> {
    const folder = path.join(homedir(), '.aws');
    const credentials = file ?? this.#environment('AWS_SHARED_CREDENTIALS_FILE') ?? path.join(folder, 'credentials');
    const config = this.#environment('AWS_CONFIG_FILE') ?? path.join(folder, 'config');
    for (const [place, section] of [[credentials, name], [config, name === 'default' ? name : `profile ${name}`]] as const) {
      let text: string;
      try {
        text = await readFile(place, 'utf8');
      } catch (error) {
        if (place === file) throw error;
        continue;
      }
      const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = profileOf(text, section) ?? {};
      if (id !== undefined && secret !== undefined) return { id, secret, token };
    }
    return undefined;
  }
  async #webIdentity(role: string, file: string, signal: AbortSignal): Promise<Temporary> {
    const region = this.#environment('AWS_REGION') ?? 'us-east-1';
    const words = queryText([['Action', 'AssumeRoleWithWebIdentity'], ['Version', '2011-06-15'], ['RoleArn', role],
      ['RoleSessionName', this.#environment('AWS_ROLE_SESSION_NAME') ?? 'coredns-ts'],
      ['WebIdentityToken', (await readFile(file, 'utf8')).trim()]]);
    const url = this.#environment('AWS_ENDPOINT_URL_STS') ?? this.#environment('AWS_ENDPOINT_URL') ?? `https://sts.${region}.amazonaws.com`;
    const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
    const reply = await this.#ask(url, '/', { target: '', headers, body: Buffer.from(words) }, signal);
    if (reply.status !== 200) throw new Error(`AWS gives no keys for the role ${role}: ${errorOf(reply)}`);
    const result = child(readXml(reply.body.toString()), 'AssumeRoleWithWebIdentityResult');
    const said = result === undefined ? undefined : child(result, 'Credentials');
    const [id, secret, token, until] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) => textOf(said, name));
    return temporary(id, secret, token, until, 'AWS');
  }
  async #container(url: string, signal: AbortSignal): Promise<Temporary> {
    const file = this.#environment('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
    const token = file === undefined ? this.#environment('AWS_CONTAINER_AUTHORIZATION_TOKEN') : (await readFile(file, 'utf8')).trim();
    const headers = token === undefined ? [] : [['Authorization', token] as const];
    return fromJson(await this.#ask(url, '', { target: '', headers }, signal), 'the agent of the container');
  }
  /** Version 2 of the metadata service: a token first. */
  async #machine(signal: AbortSignal): Promise<Temporary> {
    const url = this.#environment('AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? METADATA;
    const who = 'the metadata of the machine';
    const headers = [['X-aws-ec2-metadata-token-ttl-seconds', '21600']] as const;
    const token = await this.#ask(url, '/latest/api/token', { target: '', headers, method: 'PUT' }, signal);
    if (token.status !== 200) throw new Error(`${who} answered ${token.status}`);
    const shown = [['X-aws-ec2-metadata-token', token.body.toString().trim()]] as const;
    const folder = '/latest/meta-data/iam/security-credentials/';
    const roles = await this.#ask(url, folder, { target: '', headers: shown }, signal);
    const [role = ''] = roles.body.toString().split('\n');
    if (roles.status !== 200 || role === '') throw new Error(`${who} has no role (it answered ${roles.status})`);
    return fromJson(await this.#ask(url, `${folder}${encodeURIComponent(role.trim())}`, { target: '', headers: shown }, signal), who);
  }
  #ask(url: string, target: string, request: ApiRequest, signal: AbortSignal): Promise<ApiReply> {
    const [, place = url, query = ''] = /^([^?]*)(\?.*)?$/.exec(url) ?? [];
    const at = readPlace(place);
    if (at === undefined) throw new Error(`${quoted(url)} is no URL`);
    return askApi(at, { ...request, target: target === '' ? query || '' : target }, this.#clock, signal);
  }
}

function fromJson(reply: ApiReply, who: string): Temporary {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = jsonOf(reply, who) as { readonly [field: string]: unknown };
  const texts = [AccessKeyId, SecretAccessKey, Token, Expiration].map((each) => (typeof each === 'string' ? each : ''));
  const [id, secret, token, until] = texts;
  return temporary(id, secret, token, until, who);
}
function temporary(id = '', secret = '', token = '', until = '', who: string): Temporary {
  if (id === '' || secret === '') throw new Error(`${who} gave no keys`);
  const end = Date.parse(until);
  return { keys: { id, secret, token: token === '' ? undefined : token }, until: Number.isNaN(end) ? undefined : end };
}

/** What an API of AWS says of a request that it refuses: `Code: Message`. */
export function errorOf(reply: ApiReply): string {
  try {
    const root = readXml(reply.body.toString());
    const error = child(root, 'Error') ?? root;
    const code = textOf(error, 'Code');
    if (code !== '') return `${code}: ${textOf(error, 'Message')}`;
  } catch {
    // It said something else.
  }
  return `it answered ${reply.status}`;
}
