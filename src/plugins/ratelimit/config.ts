// The lines of *ratelimit* as data, in the words of CoreDNS's external plugin rrl and some of our own (ecosystem 6.4). Knows words; counts
// nothing.
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Prefixes } from '../../policy/holders.ts';
import type { Zones } from '../../kernel/site/zones.ts';

/** What is limited, each on an account of its own: a class of answers, or what a client asks and gets in all. */
export type Kind = 'responses' | 'nodata' | 'nxdomains' | 'referrals' | 'errors' | 'requests' | 'bytes' | 'lookups';

/** Everything that the block says. Rates are a second's; 0 is no limit. */
export interface Settings {
  readonly zones: Zones;
  readonly rates: Readonly<Record<Kind, number>>;
  /** Of answers by class, and of clients. */
  readonly answers: Prefixes;
  readonly clients: Prefixes;
  /** Seconds that whoever went on for long is made to wait at most. */
  readonly window: number;
  /** Each how many-th of what is not answered is answered with TC; 0 is none. */
  readonly slip: number;
  readonly accounts: number;
  readonly except: readonly CIDR[];
  readonly reportOnly: boolean;
}

const MOST_RATE = 1e9, MOST_WINDOW = 3600, MOST_ACCOUNTS = 1 << 22;
const CLASSES = ['nodata', 'nxdomains', 'referrals', 'errors'] as const;

/** A rate, which may have a fraction. */
function readRate(line: Directive): number {
  const text = line.arg();
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (rate <= MOST_RATE) return rate;
  line.fail(`${line.word}: '${text}' is not a number from 0 to ${MOST_RATE}`, `such as ${line.word} 20; 0 is no limit`);
}
function readNetworks(line: Directive): CIDR[] {
  return line.words(1).map((text) => {
    const network = parseCIDR(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
    if (network === undefined) line.fail(`except: '${text}' is neither a network nor an address`, 'such as except 10.0.0.0/8 2001:db8::1');
    return network;
  });
}

/** Reads the line. Throws CorefileError. */
export function readSettings(lines: Lines, { zones: ofBlock }: ParseContext): Settings {
  const line = once(lines);
  const zones = zonesOf(line.rest(), ofBlock);
  const rates: Partial<Record<Kind, number>> = {};
  const answers = { ipv4: 24, ipv6: 56 };
  const clients = { ipv4: 32, ipv6: 56 };
  const except: CIDR[] = [];
  let window = 15, slip = 0, accounts = 100_000, reportOnly = false;
  const rate = (kind: Kind) => (property: Directive) => {
    rates[kind] = readRate(property);
  };
  const prefix = (of: { ipv4: number; ipv6: number }, family: keyof Prefixes) => (property: Directive) => {
    of[family] = property.integer(property.word, { min: 1, max: family === 'ipv4' ? 32 : 128 });
  };
  line.properties({
    'responses-per-second': rate('responses'), 'nodata-per-second': rate('nodata'), 'nxdomains-per-second': rate('nxdomains'),
    'referrals-per-second': rate('referrals'), 'errors-per-second': rate('errors'), 'requests-per-second': rate('requests'),
    'bytes-per-second': rate('bytes'), 'lookups-per-second': rate('lookups'),
    'ipv4-prefix-length': prefix(answers, 'ipv4'), 'ipv6-prefix-length': prefix(answers, 'ipv6'),
    'client-ipv4-prefix-length': prefix(clients, 'ipv4'), 'client-ipv6-prefix-length': prefix(clients, 'ipv6'),
    window: (property) => (window = property.integer('window', { min: 1, max: MOST_WINDOW })),
    'slip-ratio': (property) => (slip = property.integer('slip-ratio', { min: 0, max: 10 })),
    'max-table-size': (property) => (accounts = property.integer('max-table-size', { min: 16, max: MOST_ACCOUNTS })),
    except: (property) => except.push(...readNetworks(property)),
    'report-only': (property) => {
      property.end();
      reportOnly = true;
    },
  });
  const { responses = 0, requests = 0, bytes = 0, lookups = 0 } = rates;
  const inherited = Object.fromEntries(CLASSES.map((kind) => [kind, rates[kind] ?? responses])) as Record<(typeof CLASSES)[number], number>;
  const all = { responses, requests, bytes, lookups, ...inherited };
  if (Object.values(all).every((each) => each === 0)) {
    line.doubt('ratelimit limits nothing', 'requests-per-second N, responses-per-second N or bytes-per-second N says how much');
  }
  return { zones, rates: all, answers, clients, window, slip, accounts, except, reportOnly };
}
