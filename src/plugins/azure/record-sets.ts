// Record sets of Azure DNS as its API writes them in JSON, read into records. Knows their fields; knows no request.
import type { HostedRecords } from '../../authority/hosted/hosted-records.ts';
import type { AzureZone } from './config.ts';

interface Fields {
  readonly [field: string]: unknown;
}
/** How the data of a record are made of its fields, whose names are in lower case: the two APIs write them in different ones. */
const DATA: ReadonlyMap<string, readonly [type: string, data: (record: Fields) => string]> = new Map(Object.entries({
  arecords: ['A', ({ ipv4address }) => word(ipv4address)],
  aaaarecords: ['AAAA', ({ ipv6address }) => word(ipv6address)],
  caarecords: ['CAA', ({ flags, tag, value }) => `${word(flags)} ${word(tag)} ${characterString(value)}`],
  cnamerecord: ['CNAME', ({ cname }) => word(cname)],
  mxrecords: ['MX', ({ preference, exchange }) => `${word(preference)} ${word(exchange)}`],
  nsrecords: ['NS', ({ nsdname }) => word(nsdname)],
  ptrrecords: ['PTR', ({ ptrdname }) => word(ptrdname)],
  soarecord: ['SOA', ({ host, email, serialnumber, refreshtime, retrytime, expiretime, minimumttl }) =>
    [host, email, serialnumber, refreshtime, retrytime, expiretime, minimumttl].map(word).join(' ')],
  srvrecords: ['SRV', ({ priority, weight, port, target }) => [priority, weight, port, target].map(word).join(' ')],
  txtrecords: ['TXT', ({ value }) => (Array.isArray(value) ? value.map(characterString).join(' ') : characterString(value))],
}));

/** Adds what a set has. One that leads to a resource of Azure has no data that the API would give, and is left out. */
export function addSet(set: unknown, { id }: AzureZone, into: HostedRecords): void {
  const { name, type: kind, properties } = lower(set);
  const { fqdn, ttl, targetresource, ...fields } = lower(properties);
  const owner = typeof fqdn === 'string' ? fqdn : typeof name === 'string' && name !== '@' ? `${name}.${id}` : id;
  const type = typeof kind === 'string' ? kind.slice(kind.lastIndexOf('/') + 1) : '?';
  let count = 0;
  for (const [field, value] of Object.entries(fields)) {
    const known = DATA.get(field);
    if (known === undefined) continue;
    for (const record of Array.isArray(value) ? value : [value]) {
      count++;
      const [of, data] = known;
      let text: string;
      try {
        text = data(lower(record));
      } catch (error) {
        into.leave(owner, of, (error as Error).message);
        continue;
      }
      into.add(owner, of, typeof ttl === 'number' ? ttl : NaN, text);
    }
  }
  if (count > 0) return;
  const { id: resource } = lower(targetresource);
  into.leave(owner, type, typeof resource === 'string' ? `it is an alias of ${resource}` : 'it has no records that are known here');
}
/** The fields of an object under their names in lower case; none of what is no object. */
function lower(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each as unknown]));
}
/** A number or a word as it stands in a master file. */
function word(value: unknown): string {
  if (typeof value !== 'number' && (typeof value !== 'string' || !/^[^\s"();]+$/.test(value))) throw new Error('its data are not whole');
  return String(value);
}
/** A text in quotes (RFC 1035 section 5.1): what is no plain sign as its octets. */
function characterString(value: unknown): string {
  if (typeof value !== 'string') throw new Error('its data are no text');
  const octets = [...Buffer.from(value)].map((octet) => {
    const isPlain = octet >= 0x20 && octet <= 0x7e && octet !== 0x22 && octet !== 0x5c;
    return isPlain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`;
  });
  return `"${octets.join('')}"`;
}
