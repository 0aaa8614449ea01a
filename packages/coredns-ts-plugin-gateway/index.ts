// *k8s_gateway* answers for the names under which a cluster is reached from outside. Knows the word, its lines, and which resources are
// watched; what of an object is a name stands in objects.ts, how names are found in source.ts.
import { Lookup, NEVER, changesOf, definePlugin, openKubernetes, readFallthrough, zonesOf } from 'coredns-ts';
import type { KubernetesObject, KubernetesOptions, KubernetesWatch } from 'coredns-ts';
import { addressesOfGateway, ingress, route, service } from './objects.ts';
import type { Exposed, Gateway, Route } from './objects.ts';
import { Source, entriesOf } from './source.ts';

const GATEWAY_API = '/apis/gateway.networking.k8s.io';
/** What may stand behind `resources`, the one first whose names win; and the collection of each. */
const RESOURCES = {
  HTTPRoute: { path: `${GATEWAY_API}/v1/httproutes`, versions: [`${GATEWAY_API}/v1beta1/httproutes`] },
  TLSRoute: { path: `${GATEWAY_API}/v1/tlsroutes`, versions: [`${GATEWAY_API}/v1alpha3/tlsroutes`, `${GATEWAY_API}/v1alpha2/tlsroutes`] },
  GRPCRoute: { path: `${GATEWAY_API}/v1/grpcroutes`, versions: [`${GATEWAY_API}/v1alpha2/grpcroutes`] },
  Ingress: { path: '/apis/networking.k8s.io/v1/ingresses' },
  Service: { path: '/api/v1/services' },
} as const;
type Resource = keyof typeof RESOURCES;
const ALL = Object.keys(RESOURCES) as readonly Resource[];
const GATEWAYS = { path: `${GATEWAY_API}/v1/gateways`, versions: [`${GATEWAY_API}/v1beta1/gateways`] };
/** Milliseconds after a change until it is told, with those that came meanwhile. */
const SETTLED = 20;
const LONGEST_TTL = 3600;

export default definePlugin({
  name: 'k8s_gateway',
  syntax: 'k8s_gateway [ZONES...] {\n    resources RESOURCE...\n    ttl SECONDS\n    endpoint URL\n    kubeconfig FILE [CONTEXT]\n'
    + '    ingress_classes CLASS...\n    fallthrough [ZONES...]\n}',
  parse([line, again], { zones }) {
    if (again !== undefined) again.fail('this plugin can only be used once per Server Block');
    const api: { endpoint?: string; kubeconfig?: { file: string; context?: string } } = {};
    const settings = {
      zones: zonesOf(line.rest(), zones).names, resources: [...ALL], ttl: 60, fallthrough: NEVER, classes: [] as string[],
      api: api as KubernetesOptions,
    };
    line.properties({
      resources(property) {
        settings.resources = property.words(1).map((word) => ALL.find((each) => each === word)
          ?? property.fail(`there is no resource ${word}; there are ${ALL.join(', ')}`));
      },
      ttl(property) {
        settings.ttl = property.number(property.arg(), (reason) => property.fail(reason));
        if (settings.ttl < 0 || settings.ttl > LONGEST_TTL) property.fail(`ttl must be in range [0, ${LONGEST_TTL}]: ${settings.ttl}`);
        property.end();
      },
      endpoint(property) {
        api.endpoint = property.only();
      },
      kubeconfig(property) {
        const [file, context] = property.words(1, 2) as [string, string?];
        api.kubeconfig = { file, ...(context === undefined ? {} : { context }) };
      },
      ingress_classes(property) {
        settings.classes = property.words(1);
      },
      fallthrough(property) {
        settings.fallthrough = readFallthrough(property);
      },
    });
    return settings;
  },
  create({ zones, resources, ttl, fallthrough, classes, api }, site) {
    let lookup: Lookup;
    const watches: KubernetesWatch[] = [];
    const isReady = (): boolean => watches.every(({ synced }) => synced);
    return {
      async control(run) {
        const source = new Source({ zones, ttl, fallthrough }, run, site);
        const changes = zones.map((zone) => changesOf(run, zone));
        const log = run.log.prefix('k8s_gateway');
        const kinds = new Map<Resource, ReadonlyMap<string, Exposed | Route>>();
        let gateways: ReadonlyMap<string, Gateway> = new Map();
        const tell = (): void => {
          // What was not read yet is not missing.
          if (!isReady()) return;
          try {
            source.replace(entriesOf(zones, resources.map((kind) => kinds.get(kind) ?? new Map()), gateways), run.clock.wall());
          } catch (error) {
            log.error((error as Error).message);
          }
          for (const zone of changes) zone.all();
        };
        let isWaited = false;
        /** Many changes are one: of a list each object, of a roll-out each gateway. */
        const soon = (): void => {
          if (isWaited) return;
          isWaited = true;
          run.clock.after(SETTLED, () => {
            isWaited = false;
            if (!run.signal.aborted) tell();
          });
        };
        const cluster = await openKubernetes(run, 'k8s_gateway', api);
        const keepers: { readonly [kind in Resource]: (object: KubernetesObject) => Exposed | Route | undefined } = {
          HTTPRoute: route, TLSRoute: route, GRPCRoute: route, Service: service, Ingress: (object) => ingress(object, classes),
        };
        for (const kind of resources) {
          watches.push(cluster.watch({
            ...RESOURCES[kind], keep: keepers[kind],
            changed: (kept) => {
              kinds.set(kind, kept);
              soon();
            },
          }));
        }
        if (!resources.some((kind) => keepers[kind] === route)) return;
        watches.push(cluster.watch({
          ...GATEWAYS, keep: addressesOfGateway,
          changed: (kept) => {
            gateways = kept;
            soon();
          },
        }));
      },
      start(run) {
        lookup = new Lookup(new Source({ zones, ttl, fallthrough }, run, site));
      },
      handle: (query, next) => lookup.handle(query, next),
      ready: isReady,
    };
  },
});
