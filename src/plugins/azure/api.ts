// Zones and their record sets as the API of Azure DNS has them, public ones and private ones. Knows its paths, pages and fields; knows
// nothing of what is served.
import type { HostedRecords } from '../../authority/hosted/hosted-records.ts';
import { ApiError } from '../../kube-api/api-error.ts';
import type { Account } from '../../web-api/account.ts';
import { jsonOf, readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { quoted } from '../../wording/quote.ts';
import type { AzureZone } from './config.ts';
import type { AzureTokens } from './credentials.ts';
import { addSet } from './record-sets.ts';

/** The most pages of a zone: one has a hundred record sets, a zone ten thousand of them at most. */
const MOST_PAGES = 1000;

interface Page {
  readonly value?: unknown;
  readonly nextLink?: unknown;
}
/** The API, asked as one account for zones of one subscription. */
export class AzureApi {
  readonly #place: ApiPlace;
  readonly #subscription: string;
  readonly #account: Account;
  readonly #tokens: AzureTokens;

  /** Throws Error where the URL is none. */
  constructor(url: string, subscription: string, account: Account, tokens: AzureTokens) {
    const place = readPlace(url);
    if (place === undefined) throw new Error(`${quoted(url)} is no URL`);
    this.#place = place;
    this.#subscription = subscription;
    this.#account = account;
    this.#tokens = tokens;
  }

  /** All record sets of a zone. Rejects where they do not come whole. */
  async fetch(zone: AzureZone, into: HostedRecords, signal: AbortSignal): Promise<boolean> {
    if (this.#subscription === '') throw new Error('there is no subscription: say which, or set AZURE_SUBSCRIPTION_ID');
    let target = firstPage(this.#subscription, zone);
    const asked = new Set<string>();
    for (let page = 0; page < MOST_PAGES; page++) {
      asked.add(target);
      const { value, nextLink } = (await this.#get(target, zone, signal) ?? {}) as Page;
      if (!Array.isArray(value)) throw new ApiError('protocol', 'the API gave a page without record sets');
      for (const set of value) addSet(set, zone, into);
      if (nextLink === undefined || nextLink === null || nextLink === '') return true;
      target = this.#targetOf(nextLink);
      if (asked.has(target)) throw new ApiError('protocol', 'the pages of the API go round in a circle');
    }
    throw new ApiError('protocol', `the API gives more than ${MOST_PAGES} pages`);
  }

  async #get(target: string, { group, id }: AzureZone, signal: AbortSignal): Promise<unknown> {
    const reply = await this.#account.ask(this.#place, async () => {
      const token = await this.#tokens.get(signal);
      return { target, headers: [['Authorization', `Bearer ${token}`], ['Accept', 'application/json']] };
    }, () => false, signal);
    if (reply.status === 401) this.#tokens.forget();
    return jsonOf(reply, `Azure DNS, asked for ${group}:${id},`);
  }
  /** Of the URL of the next page its path and query alone: a token is shown to nobody but the API that was named. */
  #targetOf(link: unknown): string {
    const [, target = ''] = (typeof link === 'string' ? /^https?:\/\/[^/]+(\/[^\s#]*)$/i.exec(link) : null) ?? [];
    if (target === '') throw new ApiError('protocol', 'the API gave a next page that is no URL');
    const { prefix } = this.#place;
    return target.startsWith(`${prefix}/`) ? target.slice(prefix.length) : target;
  }
}

function firstPage(subscription: string, { group, id, isPrivate }: AzureZone): string {
  const zone = `/subscriptions/${encodeURIComponent(subscription)}/resourceGroups/${encodeURIComponent(group)}/providers/Microsoft.Network`;
  const name = encodeURIComponent(id);
  return isPrivate ? `${zone}/privateDnsZones/${name}/ALL?api-version=2018-09-01`
    : `${zone}/dnsZones/${name}/recordsets?api-version=2018-05-01`;
}
