// *clouddns* enables serving zone data from GCP Cloud DNS. Knows which zones are whose; the API is in api.ts, what is served in
// authority/hosted.
import { HostedZones } from '../../authority/hosted/hosted-zones.ts';
import type { HostedSettings } from '../../authority/hosted/hosted-zones.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Account } from '../../web-api/account.ts';
import { environment } from '../../web-api/environment.ts';
import { CloudDnsApi, GOOGLE } from './api.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { GoogleTokens } from './credentials.ts';

/** What Cloud DNS lets a project do, less than half of it: others ask as well. */
const QUOTA = { perSecond: 10, burst: 50 };

/** The zones of a line, and what is to be done before they are fetched. */
function hostedOf(settings: Settings): { zones: HostedSettings['zones']; prepare(run: Run): Promise<void> } {
  const { zones, endpoint, credential, refresh, fallthrough } = settings;
  const url = endpoint === '' ? GOOGLE : endpoint;
  let api: CloudDnsApi;
  const account = (tokens: GoogleTokens): string => `account of clouddns ${url} ${tokens.account}`;
  return {
    zones: zones.map((each) => ({
      hosted: {
        zone: each.zone, refresh, name: `clouddns ${each.zone.text} ${each.project} ${each.id} ${url}`,
        fetch: (into, signal) => api.fetch(each, into, signal),
      },
      fallthrough,
    })),
    async prepare(run) {
      const tokens = new GoogleTokens(credential, run.clock, environment);
      const shared = await run.shared.use(account(tokens), run.signal, () => new Account(run.clock, QUOTA));
      try {
        api = new CloudDnsApi(url, shared, tokens);
        for (const each of zones) await api.check(each, run.signal);
      } catch (error) {
        throw new Error(`plugin/clouddns: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

export default definePlugin({
  name: 'clouddns',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create(lines, site) {
    const hosted = lines.map(hostedOf);
    return new HostedZones({
      plugin: 'clouddns', zones: hosted.flatMap(({ zones }) => zones),
      async prepare(run) {
        for (const each of hosted) await each.prepare(run);
      },
    }, site);
  },
});
