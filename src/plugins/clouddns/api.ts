// Managed zones and their record sets as the API of Cloud DNS has them. Knows its paths and pages; knows nothing of what is served.
import type { HostedRecords } from '../../authority/hosted/hosted-records.ts';
import { ApiError } from '../../kube-api/api-error.ts';
import type { Account } from '../../web-api/account.ts';
import { jsonOf, readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { quoted } from '../../wording/quote.ts';
import type { ManagedZone } from './config.ts';
import type { GoogleTokens } from './credentials.ts';

/** Record sets of a page, and the most pages of a zone. */
const PAGE = 1000, MOST_PAGES = 1000;
/** Where Google has it. */
export const GOOGLE = 'https://dns.googleapis.com';

/** The API, asked as one account. */
export class CloudDnsApi {
  readonly #place: ApiPlace;
  readonly #account: Account;
  readonly #tokens: GoogleTokens;
  /** The last change of each zone whose record sets came whole. */
  readonly #known = new WeakMap<ManagedZone, string>();

  /** Throws Error where the URL is none. */
  constructor(url: string, account: Account, tokens: GoogleTokens) {
    const place = readPlace(url);
    if (place === undefined) throw new Error(`${quoted(url)} is no URL`);
    this.#place = place;
    this.#account = account;
    this.#tokens = tokens;
  }

  /** Rejects where there is no such zone, or it cannot be asked for (GCP-1). */
  async check(zone: ManagedZone, signal: AbortSignal): Promise<void> {
    await this.#get(zone, '', signal);
  }
  /** All record sets of a zone; false where it has not changed since. Rejects where they do not come whole. */
  async fetch(zone: ManagedZone, into: HostedRecords, signal: AbortSignal): Promise<boolean> {
    // Asked for before the record sets: what changes meanwhile is seen the next time.
    const change = await this.#lastChange(zone, signal);
    if (change !== undefined && change === this.#known.get(zone)) return false;
    let next = '';
    const asked = new Set<string>();
    for (let page = 0; page < MOST_PAGES; page++) {
      const from = next === '' ? '' : `&pageToken=${encodeURIComponent(next)}`;
      const reply = await this.#get(zone, `/rrsets?maxResults=${PAGE}${from}`, signal);
      for (const set of listIn(reply, 'rrsets')) addSet(set, into);
      next = textIn(reply, 'nextPageToken');
      if (next === '') {
        if (change !== undefined) this.#known.set(zone, change);
        return true;
      }
      if (asked.has(next)) throw new ApiError('protocol', 'the pages of the API go round in a circle');
      asked.add(next);
    }
    throw new ApiError('protocol', `the API gives more than ${MOST_PAGES} pages`);
  }
  /** Cheaper than a thousand record sets; undefined where there is none that is done. */
  async #lastChange(zone: ManagedZone, signal: AbortSignal): Promise<string | undefined> {
    const reply = await this.#get(zone, '/changes?maxResults=1&sortBy=changeSequence&sortOrder=descending', signal);
    const [last] = listIn(reply, 'changes');
    const id = textIn(last, 'id');
    return id === '' || textIn(last, 'status') !== 'done' ? undefined : id;
  }

  async #get({ project, id }: ManagedZone, target: string, signal: AbortSignal): Promise<unknown> {
    const path = `/dns/v1/projects/${encodeURIComponent(project)}/managedZones/${encodeURIComponent(id)}`;
    const reply = await this.#account.ask(this.#place, async () => {
      const token = await this.#tokens.get(signal);
      return { target: `${path}${target}`, headers: [['Authorization', `Bearer ${token}`], ['Accept', 'application/json']] };
    }, ({ status, body }) => status === 403 && /rateLimitExceeded|quotaExceeded/i.test(body.toString()), signal);
    return jsonOf(reply, `Cloud DNS, asked for ${project}/${id},`);
  }
}

function addSet(set: unknown, into: HostedRecords): void {
  const { ttl, rrdatas, routingPolicy } = (set ?? {}) as { readonly [field: string]: unknown };
  const [name, type] = [textIn(set, 'name'), textIn(set, 'type')];
  const policy = POLICIES.find(([field]) => isObject(fieldIn(routingPolicy, field)));
  const own = Array.isArray(rrdatas) ? rrdatas as readonly unknown[] : [];
  const data = own.length > 0 || policy === undefined ? own : dataOf(fieldIn(routingPolicy, policy[0]));
  if (data.length === 0) return into.leave(name, type, 'it has a routing policy, and no records');
  if (policy !== undefined) into.choose(name, type, policy[1]);
  for (const each of data) {
    if (typeof each === 'string') into.add(name, type, typeof ttl === 'number' ? ttl : NaN, each);
    else into.leave(name, type, 'its data are no text');
  }
}
/** Policies whose items have data of their own. */
const POLICIES = [['wrr', 'weighted'], ['geo', 'geolocation']] as const;
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
function fieldIn(from: unknown, name: string): unknown {
  return isObject(from) ? (from as { readonly [field: string]: unknown })[name] : undefined;
}
/** The data of all items of a policy. */
function dataOf(policy: unknown): readonly unknown[] {
  const items = fieldIn(policy, 'items');
  return (Array.isArray(items) ? items as readonly unknown[] : []).flatMap((item) => fieldIn(item, 'rrdatas') ?? []);
}
function textIn(from: unknown, name: string): string {
  const value = fieldIn(from, name);
  return typeof value === 'string' ? value : '';
}
function listIn(from: unknown, name: string): readonly unknown[] {
  const value = ((from ?? {}) as { readonly [field: string]: unknown })[name];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new ApiError('protocol', `the API gave ${quoted(name)} that are no list`);
  return value;
}
