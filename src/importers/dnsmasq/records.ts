// The records that a dnsmasq.conf holds: `host-record`, `cname`, `mx-host`, `srv-host` and their kin. Knows their forms; knows no Corefile.
import { parseAddress } from '../../dns/address.ts';
import { typeName } from '../../dns/type-name.ts';
import { plainName } from '../names.ts';
import type { Fate } from '../outcome.ts';
import { characterString } from '../records.ts';
import type { LocalRecord } from '../records.ts';
import { plain } from './lines.ts';

/** A line of a hosts file. */
export interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}
/** What stands in the file for all records. */
export interface RecordDefaults {
  /** `local-ttl`. */
  readonly ttl: number;
  /** `mx-target`, or the name of the machine. */
  readonly mailHost: string;
  /** `domain`. */
  readonly domain: string | undefined;
}

/** What one option makes; a fate where it makes nothing. */
export type Made = Fate | { readonly records?: readonly LocalRecord[]; readonly hosts?: readonly HostEntry[] };

const isNumber = (text: string | undefined, most = 65535): boolean => text === undefined || text === '' || (/^\d{1,10}$/.test(text)
  && Number(text) <= most);
const wrong = (what: string, text: string): Fate => ({ lost: `${plain(text)} is no ${what}` });
const TTL_MOST = 0x7fffffff;

/** Those options, each with what it makes of its value's parts. */
export const RECORD_OPTIONS: Readonly<Record<string, (parts: readonly string[], defaults: RecordDefaults) => Made>> = {
  'host-record': hostRecord,
  cname: alias,
  'mx-host': ([domain = '', host = '', preference = '1'], { ttl, mailHost }) => {
    const name = plainName(domain), target = plainName(host === '' ? mailHost : host);
    if (name === undefined || target === undefined) return wrong('name', name === undefined ? domain : host);
    if (!isNumber(preference)) return wrong('preference', preference);
    return { records: [{ name, type: 'MX', ttl, data: `${Number(preference)} ${target}.` }] };
  },
  'srv-host': ([service = '', host = '', port = '1', priority = '0', weight = '0'], { ttl, domain }) => {
    // Without a domain of its own, it is of the one that the file names.
    const whole = service.split('.').length === 2 && domain !== undefined ? `${service}.${domain}` : service;
    const name = plainName(whole), target = host === '' ? '' : plainName(host);
    if (name === undefined || target === undefined) return wrong('name', name === undefined ? service : host);
    const numbers = [priority, weight, port];
    if (!numbers.every((each) => isNumber(each))) return wrong('port, priority or weight', numbers.join(','));
    return { records: [{ name, type: 'SRV', ttl, data: `${numbers.map(Number).join(' ')} ${target}.` }] };
  },
  'txt-record': ([owner = '', ...texts], { ttl }) => {
    const name = plainName(owner);
    if (name === undefined) return wrong('name', owner);
    const strings = texts.length === 0 ? [''] : texts.map(plain);
    if (strings.some((each) => Buffer.byteLength(each) > 255)) return { lost: 'a text of more than 255 octets' };
    return { records: [{ name, type: 'TXT', ttl, data: strings.map(characterString).join(' ') }] };
  },
  'ptr-record': ([owner = '', target = ''], { ttl }) => {
    const name = plainName(owner), to = plainName(plain(target));
    if (name === undefined || to === undefined) return wrong('name', name === undefined ? owner : target);
    return { records: [{ name, type: 'PTR', ttl, data: `${to}.` }] };
  },
  'naptr-record': ([owner = '', order = '', preference = '', flags = '', service = '', expression = '', replacement = ''], { ttl }) => {
    const name = plainName(owner), to = replacement === '' ? '' : plainName(replacement);
    if (name === undefined || to === undefined) return wrong('name', name === undefined ? owner : replacement);
    if (!/^\d/.test(order) || !isNumber(order) || !/^\d/.test(preference) || !isNumber(preference)) return wrong('order and preference',
      `${order},${preference}`);
    const texts = [flags, service, expression].map((each) => characterString(plain(each)));
    return { records: [{ name, type: 'NAPTR', ttl, data: `${Number(order)} ${Number(preference)} ${texts.join(' ')} ${to}.` }] };
  },
  'caa-record': ([owner = '', flags = '0', tag = '', value = ''], { ttl }) => {
    const name = plainName(owner);
    if (name === undefined) return wrong('name', owner);
    if (!isNumber(flags, 255) || !/^[a-z0-9]{1,255}$/i.test(tag)) return wrong('flags and tag', `${flags},${tag}`);
    return { records: [{ name, type: 'CAA', ttl, data: `${Number(flags)} ${tag} ${characterString(plain(value))}` }] };
  },
  'dns-rr': ([owner = '', type = '', hex = ''], { ttl }) => {
    const name = plainName(owner), octets = plain(hex).replaceAll(/[:\s]/g, '');
    if (name === undefined) return wrong('name', owner);
    if (!/^[1-9]\d{0,4}$/.test(type) || Number(type) > 65535 || !/^(?:[0-9a-f]{2})*$/i.test(octets)) return wrong('type and data',
      `${type},${hex}`);
    const known = typeName(Number(type));
    if (known.startsWith('TYPE')) return { lost: `type ${type} has no name` };
    return { records: [{ name, type: known, ttl, data: `\\# ${octets.length / 2} ${octets}`.trim() }] };
  },
};

/** `NAME,...[,IPV4][,IPV6][,TTL]`. */
function hostRecord(parts: readonly string[]): Made {
  const names: string[] = [], addresses: string[] = [];
  for (const [i, part] of parts.entries()) {
    if (part === '' || (i > 0 && i === parts.length - 1 && /^\d+$/.test(part))) continue;
    if (parseAddress(part) !== undefined) addresses.push(part);
    else {
      const name = plainName(part);
      if (name === undefined) return wrong('name', part);
      names.push(name);
    }
  }
  if (names.length === 0) return { lost: 'it has no name' };
  if (addresses.length === 0) return { lost: 'a name without an address is not kept from its upstream here' };
  return { hosts: addresses.map((address) => ({ address, names })) };
}
/** `NAME,...,TARGET[,TTL]`. */
function alias(parts: readonly string[], { ttl }: RecordDefaults): Made {
  const own = parts.length > 2 && /^\d{1,10}$/.test(parts.at(-1)!) ? Number(parts.at(-1)) : undefined;
  const names = own === undefined ? parts : parts.slice(0, -1);
  if (own !== undefined && own > TTL_MOST) return wrong('TTL', String(own));
  const [target, ...owners] = names.toReversed().map(plainName);
  if (names.some((each) => each.startsWith('*'))) return { lost: 'an alias of all names below one' };
  if (target === undefined || owners.length === 0 || owners.includes(undefined)) return wrong('pair of names', names.join(','));
  return { records: owners.toReversed().map((name) => ({ name: name!, type: 'CNAME', ttl: own ?? ttl, data: `${target}.` })) };
}
