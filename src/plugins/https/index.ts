// *https* configures the listeners of DNS over HTTPS: limits, paths beside /dns-query, and whose word counts on who asks. Knows words and a
// counter; the listeners are the transport's.
import type { Directive } from '../../corefile/directive.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { HttpsSetting } from '../../kernel/query/http-setting.ts';
import type { HttpSaid } from '../../kernel/query/http-setting.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import { readPath } from '../../kernel/site/http-path.ts';
import { LimitReader } from '../../kernel/site/listener-limit.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part } from '../../kernel/site/plugin.ts';

/** What a setting of HTTP/2 can say (TR-12). */
const MOST_STREAMS = 0xffffffff;
/** Milliseconds between two lines that name somebody who was refused. */
const SAID = 10_000;
/** Shown as soon as something is counted. */
const TORN = counter('coredns_https_forwarded_refused_total',
  'Counter of requests that were refused for what they say of who asks, by reason.', ['reason']);

const network = (property: Directive, text: string): CIDR => parseCIDR(text) ?? property.refuse(`${text}: invalid CIDR address: ${text}`);

export default definePlugin({
  name: 'https',
  metrics: { torn: TORN },
  parse(lines): HttpSaid & { readonly trusted: readonly CIDR[] } {
    const limits = new LimitReader();
    const paths: string[] = [];
    const trusted: CIDR[] = [];
    for (const line of lines) {
      line.end();
      line.properties({
        max_connections: (property) => limits.read(property),
        max_streams: (property) => limits.read(property, MOST_STREAMS),
        path: (property) => void paths.push(readPath(property)),
        trust_forwarded: (property) => void trusted.push(...property.words(1).map((text) => network(property, text))),
      });
    }
    const connections = limits.get('max_connections'), streams = limits.get('max_streams');
    return {
      at: lines[0].at, paths, trusted, ...(connections !== undefined && { connections }), ...(streams !== undefined && { streams }),
    };
  },
  create({ trusted, ...said }, site): Part {
    let told = (_peer: string): void => {};
    site.put(HttpsSetting, trusted.length === 0 ? said : { ...said, trust: { networks: trusted, torn: (peer) => told(peer) } });
    if (trusted.length === 0) return {};
    return {
      start({ metrics, log, clock }) {
        const lines = log.prefix('https');
        let since = -Infinity;
        told = (peer) => {
          metrics.values[metrics.family(TORN).cell(['torn'])]!++;
          const now = clock.monotonic();
          if (now - since < SAID) return;
          since = now;
          lines.warning(`Forwarded and X-Forwarded-For of a request from ${peer} name two clients: it is refused`);
        };
      },
    };
  },
});
