// What metadata tells of a question to a cluster and of who asks it (K8S-18). Knows the schema; answers nothing.
import { Place, ServedZones } from '../../authority/served-zones.ts';
import type { Provider } from '../../kernel/query/metadata.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Clients } from './clients.ts';
import type { Settings } from './config.ts';
import { latin1 } from './cluster/wire-text.ts';
import { NODE_NAME, NO_NAME, Parsed } from './answers/question.ts';

/** The labels under their names. `clients` is asked when a query is there: by then the part has started. */
export function labelsOf(settings: Settings, clients: () => Clients): { readonly [label: string]: Provider } {
  const zones = new ServedZones(settings.zones.names);
  const place = new Place();
  const parsed = new Parsed();
  const isMulticluster = () => settings.multicluster.match(place.zone.name) !== undefined;
  const isWrong = ({ kind, invalid }: Parsed): boolean =>
    kind === NO_NAME || (invalid && !(kind === NODE_NAME && settings.nodes !== undefined && !isMulticluster()));
  /** Takes the name apart; false where it is in no zone. */
  const read = (query: Query): boolean => {
    if (!zones.find(query, place)) return false;
    parsed.read(query, place, isMulticluster(), settings.zonal);
    return true;
  };
  const part = (tell: Provider): Provider => (query, wanted) => (read(query) && !isWrong(parsed) ? tell(query, wanted) : undefined);
  const label = ({ bytes }: Query, at: number) => (at === 0 ? '' : latin1(bytes, at + 1, bytes[at]!));
  const client = (tell: (clients: Clients, query: Query) => string | undefined): Provider => (query) => tell(clients(), query);
  const cluster = part((query) => (isMulticluster() ? label(query, parsed.cluster) : undefined));
  return {
    'kubernetes/client-namespace': client((known, query) => known.pod(query)?.namespace),
    'kubernetes/client-pod-name': client((known, query) => known.pod(query)?.name),
    'kubernetes/client-label/': (query, wanted) => {
      const pod = clients().pod(query);
      return pod === undefined ? undefined : clients().label(pod, wanted.slice('kubernetes/client-label/'.length));
    },
    'kubernetes/parse-error': (query) => (read(query) && isWrong(parsed) ? 'invalid query name' : undefined),
    'kubernetes/port-name': part(({ bytes }) => latin1(bytes, parsed.port, parsed.portSize)),
    'kubernetes/protocol': part(({ bytes }) => latin1(bytes, parsed.protocol, parsed.protocolSize)),
    'kubernetes/endpoint': part((query) => label(query, parsed.endpoint)),
    'kubernetes/service': part((query) => label(query, parsed.service)),
    'kubernetes/namespace': part((query) => label(query, parsed.namespace)),
    'kubernetes/kind': part((query) => (place.labels < 2 ? '' : label(query, place.at[place.labels - 1]!))),
    ...(settings.multicluster.names.length > 0 ? { 'kubernetes/cluster': cluster } : {}),
    ...(settings.zonal ? { 'kubernetes/zone': part(() => parsed.zone) } : {}),
  };
}
