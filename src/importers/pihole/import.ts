// A pihole.toml of Pi-hole 6, with the gravity.db beside it, as a Corefile: what it makes dnsmasq do, and its lists. Knows its settings.
import { dirname, join } from 'node:path';
import { importOptions } from '../dnsmasq/import.ts';
import { optionIn } from '../dnsmasq/lines.ts';
import type { Option } from '../dnsmasq/lines.ts';
import type { Importer } from '../importer.ts';
import type { Fate, Line } from '../outcome.ts';
import { blockLines } from './gravity.ts';
import { valuesOf } from './toml.ts';
import type { Value } from './toml.ts';

/** Imports a file. Throws ImportError. */
export const importPihole: Importer = async (file, source, outcome, machine) => {
  const values = valuesOf(source.text(file, { file, line: 0 }), file);
  const of = (key: string): Value['value'] | undefined => values.findLast((each) => each.key === key)?.value;
  const options: Option[] = [];
  for (const value of values) {
    const made = optionsOf(value, of);
    if (Array.isArray(made)) {
      options.push(...made.flatMap((row) => optionIn(row, value) ?? []));
      if (made.length === 0) outcome.tell(value, textOf(value), undefined);
    } else outcome.tell(value, textOf(value), made);
  }
  let lists: Line[] = [];
  const database = [String(of('files.gravity') ?? ''), join(dirname(file), 'gravity.db')].find((path) => path !== '' && source.has(path));
  if (database !== undefined && of('dns.blocking.active') !== false) {
    try {
      lists = await blockLines(database, ACTIONS[String(of('dns.blocking.mode') ?? 'NULL')] ?? ['zero'], outcome, { file: database,
        line: 0 });
    } catch (error) {
      outcome.tell({ file: database, line: 0 }, 'gravity', { lost: (error as Error).message });
    }
  } else if (database === undefined) outcome.tell({ file, line: 0 }, 'gravity.db', { lost: 'there is none here: no list comes over' });
  importOptions(options, { source, outcome, machine, lists });
};
const ACTIONS: Readonly<Record<string, readonly string[]>> = { NULL: ['zero'], NX: ['nxdomain'], NXDOMAIN: ['nxdomain'],
  NODATA: ['nodata'], };
/** A setting as people see it; passwords and the like are not told. */
const textOf = ({ key,
  value }: Value): string => `${key} = ${/pw|password|secret|totp|cert|prompt/i.test(key) ? '(not shown)' : JSON.stringify(value)}`;

/** The lines of a dnsmasq.conf that a setting makes, or what becomes of it. */
function optionsOf({ key, value }: Value, of: (key: string) => Value['value'] | undefined): string[] | Fate {
  const texts = (Array.isArray(value) ? value : [value]).map(String);
  const on = (option: string): string[] => (value === true ? [option] : []);
  switch (key) {
    case 'dns.upstreams': return ['no-resolv', ...texts.map((each) => `server=${each}`)];
    case 'dns.hosts': return texts.map((each) => each.trim().split(/\s+/)).map(([address = '', ...names]) =>
      `host-record=${[...names, address].join(',')}`);
    case 'dns.cnameRecords': return texts.map((each) => `cname=${each}`);
    case 'dns.revServers': return texts.flatMap((each) => reversed(each.split(',')));
    case 'dns.domainNeeded': return on('domain-needed');
    case 'dns.bogusPriv': return on('bogus-priv');
    case 'dns.expandHosts': return on('expand-hosts');
    case 'dns.queryLogging': return on('log-queries');
    case 'dns.dnssec': return on('dnssec');
    case 'dns.localise': return [];
    case 'dns.port': return [`port=${texts[0]}`];
    case 'dns.domain': case 'dns.domain.name': return value === '' ? [] : [`domain=${texts[0]}`, ...of('dns.domain.local') === false ? []
      : [`local=/${texts[0]}/`]];
    case 'dns.blocking.mode': return String(value).startsWith('IP') ? { lost: 'the machine\'s own address is not looked up' } : [];
    case 'dns.domain.local': case 'dns.blocking.active': case 'files.gravity': return [];
    case 'dns.interface': return value === '' || !/^(?:SINGLE|BIND)$/.test(String(of('dns.listeningMode'))) ? []
      : [`interface=${texts[0]}`];
    case 'dns.listeningMode': return /^(?:LOCAL)$/.test(texts[0]!) ? { lost: 'who may ask is said by networks: see acl' } : [];
    case 'dns.cache.size': return [`cache-size=${texts[0]}`];
    case 'dns.cache.optimizer': return Number(value) < 0 ? [] : [`use-stale-cache=${texts[0]}`];
    case 'misc.dnsmasq_lines': return texts;
    case 'misc.etc_dnsmasq_d': return value === true ? { lost: 'its files can be imported as dnsmasq' } : [];
    case 'dhcp.active': return value === true ? { lost: 'DHCP is no matter of this server, so its clients have no names' } : [];
    case 'dns.reply.host.force4': case 'dns.reply.host.force6': case 'dns.reply.blocking.force4': case 'dns.reply.blocking.force6':
      return value === true ? { lost: 'the machine\'s own address is not looked up' } : [];
    case 'dns.rateLimit.count': return Number(value) > 0 ? { note: 'see ratelimit: there is no limit here' } : [];
    default: return SPECIAL.has(key) ? (value === true ? { lost: 'a name of its own is not denied: write a list' } : [])
      : key.startsWith('dns.') ? { idle: 'it changes no answer that a list does not' } : { idle: 'it is no matter of DNS' };
  }
}
const SPECIAL: ReadonlySet<string> = new Set(['dns.specialDomains.mozillaCanary', 'dns.specialDomains.iCloudPrivateRelay',
  'dns.specialDomains.designatedResolver']);
/** `true,192.168.0.0/24,192.168.0.1#53,lan`. */
function reversed([isOn = '', network = '', server = '', domain = '']: readonly string[]): string[] {
  if (isOn !== 'true') return [];
  return [`rev-server=${network},${server}`, ...domain === '' ? [] : [`server=/${domain}/${server}`]];
}
