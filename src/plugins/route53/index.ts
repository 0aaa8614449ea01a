// *route53* enables serving zone data from AWS Route 53. Knows which zones are whose; the API is in api.ts, what is served in
// authority/hosted.
import { HostedZones } from '../../authority/hosted/hosted-zones.ts';
import type { HostedSettings } from '../../authority/hosted/hosted-zones.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Account } from '../../web-api/account.ts';
import { environment } from '../../web-api/environment.ts';
import { Route53Api, awsPlace } from './api.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { AwsCredentials } from './credentials.ts';

/** What Route 53 lets an account do. */
const QUOTA = { perSecond: 10, burst: 50 };

/** The zones of a line, and what is to be done before they are fetched. */
function hostedOf(settings: Settings): { zones: HostedSettings['zones']; prepare(run: Run): Promise<void> } {
  const { zones, endpoint, keys, refresh, fallthrough, undotted, isFlat } = settings;
  let api: Route53Api;
  const place = awsPlace(environment('AWS_REGION') ?? environment('AWS_DEFAULT_REGION'),
    endpoint === '' ? environment('AWS_ENDPOINT_URL_ROUTE_53') ?? environment('AWS_ENDPOINT_URL') : endpoint);
  const account = `${place.url} ${keys.fixed?.id ?? ''} ${keys.profile ?? ''} ${keys.file ?? ''}`;
  return {
    zones: zones.map((each) => ({
      hosted: {
        zone: each.zone, refresh, name: `route53 ${each.zone.text} ${each.id} ${account}${isFlat ? ' alias' : ''}`,
        fetch: (into, signal) => api.fetch({ ...each, isFlat }, into, signal),
      },
      fallthrough,
    })),
    async prepare(run) {
      const log = run.log.prefix('route53');
      if (keys.fixed !== undefined) {
        log.warning('Save aws_access_key in Corefile has been deprecated, please use other authentication methods instead');
      }
      for (const zone of undotted) log.warning(`nothing is answered from ${zone}, since it has no last dot`);
      const shared = await run.shared.use(`account of route53 ${account}`, run.signal, () => new Account(run.clock, QUOTA));
      try {
        api = new Route53Api(place, shared, new AwsCredentials(keys, run.clock, environment), run.clock);
        for (const each of zones) await api.check(each, run.signal);
      } catch (error) {
        throw new Error(`plugin/route53: failed to create route53 plugin: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

export default definePlugin({
  name: 'route53',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create(lines, site) {
    const hosted = lines.map(hostedOf);
    return new HostedZones({
      plugin: 'route53', zones: hosted.flatMap(({ zones }) => zones),
      async prepare(run) {
        for (const each of hosted) await each.prepare(run);
      },
    }, site);
  },
});
