// *proxyproto* lets proxies say whose questions they pass on (PP-1 to PP-5). Knows words and counters; headers are the transports'.
import type { CIDR } from '../../dns/address.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { Directive } from '../../corefile/directive.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import { ProxySetting } from '../../kernel/query/proxy-setting.ts';
import type { ProxyPolicy, ProxyRefusal } from '../../kernel/query/proxy-setting.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part } from '../../kernel/site/plugin.ts';
import { quoted } from '../../wording/quote.ts';

const POLICIES: readonly string[] = ['use', 'ignore', 'reject', 'skip'];
/** Clients of datagrams that are remembered, where no number is given. */
const SESSIONS = 10_240;
/** Milliseconds between two lines that name somebody whose header was not taken. */
const SAID = 10_000;
/** Shown as soon as something is counted. */
const REFUSED = counter('coredns_proxyproto_refused_total',
  'Counter of connections and datagrams that were given up for their PROXY header, by reason.', ['reason']);

interface Settings {
  allow: CIDR[];
  others: ProxyPolicy | undefined;
  kept: number;
  sessions: number;
}

function allow(line: Directive, settings: Settings): void {
  for (const text of line.words(1)) {
    const network = parseCIDR(text);
    if (network === undefined) line.refuse(`${text}: invalid CIDR address: ${text}`);
    settings.allow.push(network);
  }
}
function others(line: Directive, settings: Settings): void {
  const text = line.only();
  if (!POLICIES.includes(text)) line.wrongArgs('a policy is use, ignore, reject or skip');
  settings.others = text as ProxyPolicy;
}
function tracking(line: Directive, settings: Settings): void {
  const [text = '', most, ...more] = line.words(1, 2);
  if (more.length > 0) line.end();
  settings.kept = line.duration(text, (reason) => line.refuse(`udp_session_tracking: invalid duration ${quoted(text)}: ${reason}`));
  if (settings.kept <= 0) line.refuse(`udp_session_tracking: invalid duration ${quoted(text)}: must be positive`);
  settings.sessions = most === undefined ? SESSIONS : /^\d{1,9}$/.test(most) ? Number(most) : 0;
  if (settings.sessions === 0) line.refuse(`udp_session_tracking: invalid max sessions ${quoted(most ?? '')}: must be a positive integer`);
}

export default definePlugin({
  name: 'proxyproto',
  metrics: { refused: REFUSED },
  parse(lines) {
    const settings: Settings = { allow: [], others: undefined, kept: 0, sessions: 0 };
    for (const line of lines) {
      line.end();
      line.properties({
        allow: (property) => allow(property, settings),
        default: (property) => others(property, settings),
        udp_session_tracking: (property) => tracking(property, settings),
        tlv_metadata: (property) => property.end(),
      });
    }
    return { at: lines[0].at, ...settings };
  },
  create({ at, allow: networks, others: policy, kept, sessions }, site): Part {
    let told: (why: ProxyRefusal, peer: string) => void = () => {};
    site.put(ProxySetting, {
      at, allow: networks, others: policy ?? (networks.length === 0 ? 'use' : 'ignore'), kept, sessions,
      refused: (why, peer) => told(why, peer),
    });
    return {
      metadata: {
        'proxyproto/tlv': (query) => {
          const tlvs = query.channel.tlvs ?? query.channel.tlvsOf?.(query);
          return tlvs === undefined || tlvs.length === 0 ? undefined : Buffer.from(tlvs).toString('hex');
        },
      },
      start({ metrics, log, clock }) {
        const lines = log.prefix('proxyproto');
        let since = -Infinity;
        told = (why, peer) => {
          metrics.values[metrics.family(REFUSED).cell([why])]!++;
          const now = clock.monotonic();
          if (now - since < SAID) return;
          since = now;
          lines.warning(`the PROXY header of ${peer} is ${why}: what came with it is given up`);
        };
      },
    };
  },
});
