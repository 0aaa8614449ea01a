// *azure* enables serving zone data from Azure DNS. Knows which zones are whose; the API is in api.ts, what is served in authority/hosted.
import { HostedZones } from '../../authority/hosted/hosted-zones.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Account } from '../../web-api/account.ts';
import { environment } from '../../web-api/environment.ts';
import { AzureApi } from './api.ts';
import { readSettings } from './config.ts';
import { AzureTokens } from './credentials.ts';

/** Lists of record sets that Azure DNS lets a subscription ask for: sixty a minute. */
const QUOTA = { perSecond: 1, burst: 50 };

export default definePlugin({
  name: 'azure',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create(settings, site) {
    const { zones, account, cloud, endpoint, authority, refresh, fallthrough } = settings;
    const url = endpoint === '' ? cloud.manager : endpoint;
    const subscription = account.subscription || environment('AZURE_SUBSCRIPTION_ID') || '';
    const login = authority === '' ? environment('AZURE_AUTHORITY_HOST') ?? cloud.login : authority;
    let api: AzureApi;
    return new HostedZones({
      plugin: 'azure',
      zones: zones.map((each) => ({
        hosted: {
          zone: each.zone, refresh,
          name: `azure ${each.zone.text} ${each.group} ${each.isPrivate ? 'private' : 'public'} ${subscription} ${url}`,
          fetch: (into, signal) => api.fetch(each, into, signal),
        },
        fallthrough,
      })),
      inBackground: true,
      async prepare(run) {
        const shared = await run.shared.use(`account of azure ${url} ${subscription}`, run.signal, () => new Account(run.clock, QUOTA));
        const tokens = new AzureTokens({ account, login, resource: cloud.resource }, run.clock, environment);
        api = new AzureApi(url, subscription, shared, tokens);
      },
    }, site);
  },
});
