// Hosted zones and their record sets as the API of Route 53 has them. Knows its paths, pages and escapes; knows nothing of what is served.
import type { HostedRecords } from '../../authority/hosted/hosted-records.ts';
import type { Clock } from '../../kernel/clock.ts';
import { quoted } from '../../wording/quote.ts';
import { ApiError } from '../../kube-api/api-error.ts';
import type { Account } from '../../web-api/account.ts';
import { readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace, ApiReply } from '../../web-api/api-request.ts';
import type { ZoneId } from './config.ts';
import { errorOf } from './credentials.ts';
import type { AwsCredentials } from './credentials.ts';
import { encoded, queryText, sign } from './signature.ts';
import type { Signable } from './signature.ts';
import { all, child, readXml, textOf } from './xml.ts';
import type { Element } from './xml.ts';

/** Where the API is and for which region requests to it are signed. */
export interface AwsPlace {
  readonly url: string;
  readonly region: string;
}
type Query = Signable['query'];

const PREFIX = '/2013-04-01';
/** Record sets of a page, and the most pages of a zone: more records than any account may have. */
const PAGE = 1000, MOST_PAGES = 1000;
const refusesPace = ({ status, body }: ApiReply): boolean =>
  status === 400 && /<Code>(Throttling|ThrottlingException|PriorRequestNotComplete|RequestLimitExceeded)<\/Code>/.test(body.toString());

/** Elements of sets of which Route 53 answers one or another. */
const POLICIES = [['Weight', 'weighted'], ['Region', 'latency'], ['Failover', 'failover'], ['GeoLocation', 'geolocation'],
  ['GeoProximityLocation', 'geoproximity'], ['CidrRoutingConfig', 'by network']] as const;

/** Where Route 53 is for a region: one place for all of AWS, and one for each of its partitions. */
export function awsPlace(region: string | undefined, endpoint: string | undefined): AwsPlace {
  const [url, signed] = region?.startsWith('cn-') === true ? ['https://route53.amazonaws.com.cn', 'cn-northwest-1']
    : region?.startsWith('us-gov-') === true ? ['https://route53.us-gov.amazonaws.com', 'us-gov-west-1']
      : ['https://route53.amazonaws.com', 'us-east-1'];
  return { url: endpoint ?? url, region: endpoint === undefined ? signed : region ?? signed };
}

/** The API, asked as one account. */
export class Route53Api {
  readonly #place: ApiPlace;
  readonly #region: string;
  readonly #account: Account;
  readonly #credentials: AwsCredentials;
  readonly #clock: Clock;

  /** Throws Error where the URL is none. */
  constructor({ url, region }: AwsPlace, account: Account, credentials: AwsCredentials, clock: Clock) {
    const place = readPlace(url);
    if (place === undefined) throw new Error(`${quoted(url)} is no URL`);
    this.#place = place;
    this.#region = region;
    this.#account = account;
    this.#credentials = credentials;
    this.#clock = clock;
  }

  /** Rejects where there is no such hosted zone, or it cannot be asked for (R53-2). */
  async check({ zone, id }: ZoneId, signal: AbortSignal): Promise<void> {
    await this.#get('/hostedzonesbyname', [['dnsname', zone.text], ['hostedzoneid', id]], signal);
  }
  /** All record sets of a zone. Rejects where they do not come whole. */
  async fetch({ id, isFlat }: ZoneId & { readonly isFlat: boolean }, into: HostedRecords, signal: AbortSignal): Promise<boolean> {
    let next: Query = [];
    const asked = new Set<string>();
    for (let page = 0; page < MOST_PAGES; page++) {
      const reply = await this.#get(`/hostedzone/${encoded(id)}/rrset`, [...next, ['maxitems', String(PAGE)]], signal);
      const sets = child(reply, 'ResourceRecordSets');
      if (sets === undefined) throw new ApiError('protocol', 'the API gave a page without record sets');
      for (const set of all(sets, 'ResourceRecordSet')) addSet(set, isFlat, into);
      if (textOf(reply, 'IsTruncated') !== 'true') return true;
      next = [['name', 'NextRecordName'], ['type', 'NextRecordType'], ['identifier', 'NextRecordIdentifier']]
        .flatMap(([name, element]): [string, string][] => {
          const value = textOf(reply, element!);
          return value === '' ? [] : [[name!, value]];
        });
      const key = queryText(next);
      if (key === '' || asked.has(key)) throw new ApiError('protocol', 'the pages of the API go round in a circle');
      asked.add(key);
    }
    throw new ApiError('protocol', `the API gives more than ${MOST_PAGES} pages`);
  }

  async #get(target: string, query: Query, signal: AbortSignal): Promise<Element> {
    const { authority, prefix } = this.#place;
    const path = `${PREFIX}${target}`;
    const reply = await this.#account.ask(this.#place, async () => {
      const keys = await this.#credentials.get(signal);
      const signable = { method: 'GET' as const, authority, path: `${prefix}${path}`, query };
      const headers = sign(signable, keys, { region: this.#region, service: 'route53', now: this.#clock.wall() });
      return { target: `${path}?${queryText(query)}`, headers };
    }, refusesPace, signal);
    if (reply.status !== 200) throw new ApiError('status', `Route 53 refuses ${target}: ${errorOf(reply)}`);
    try {
      return readXml(reply.body.toString());
    } catch (error) {
      throw new ApiError('protocol', `Route 53 answered what cannot be read: ${(error as Error).message}`);
    }
  }
}

/** One set: an alias of something in AWS has no records. */
function addSet(set: Element, isFlat: boolean, into: HostedRecords): void {
  const name = decimalEscapes(textOf(set, 'Name'));
  const type = textOf(set, 'Type');
  const records = child(set, 'ResourceRecords');
  const alias = child(set, 'AliasTarget');
  const policy = POLICIES.find(([element]) => child(set, element) !== undefined)?.[1];
  if (policy !== undefined) into.choose(name, type, policy);
  if (alias !== undefined) {
    const target = decimalEscapes(textOf(alias, 'DNSName'));
    return isFlat ? into.alias(name, type, target) : into.leave(name, type, `it is an alias of ${target}`);
  }
  const ttl = Number(textOf(set, 'TTL') || 'NaN');
  for (const record of records === undefined ? [] : all(records, 'ResourceRecord')) {
    into.add(name, type, ttl, decimalEscapes(textOf(record, 'Value')));
  }
}
/** Route 53 writes octets as three octal digits, master files as three decimal ones. */
export const decimalEscapes = (text: string): string =>
  text.replace(/\\([0-3][0-7]{2}|.)/gs, (whole, escape: string) =>
    (escape.length === 3 ? `\\${String(Number.parseInt(escape, 8)).padStart(3, '0')}` : whole));
