// SkyDNS's messages: a JSON object under a key, and which of several belong together (ETCD-4, ETCD-5). Knows their fields and keys; knows
// no etcd and no DNS.
import { quoted } from '../wording/quote.ts';

/** What a key says. Can be sent between threads. */
export interface Service {
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  readonly text: string;
  readonly mail: boolean;
  /** Seconds; 0: not said. */
  readonly ttl: number;
  readonly targetstrip: number;
  readonly group: string;
  /** What stands in it for this server alone, whatever that is; undefined where there is nothing. */
  readonly coredns: unknown;
}

const INT_MOST = 2 ** 53;

/** Reads a message as Go's JSON reader does: fields by their names in any case, null is nothing, another type is wrong. Throws Error. */
export function readService(key: string, value: Uint8Array): Service {
  const said: unknown = JSON.parse(utf8.decode(value));
  if (said !== null && (typeof said !== 'object' || Array.isArray(said))) throw new Error('it is no object');
  const fields = new Map<string, unknown>();
  for (const [name, field] of Object.entries(said ?? {})) if (field !== null) fields.set(name.toLowerCase(), field);
  const take = <T>(name: string, usual: T, is: (field: unknown) => field is T): T => {
    const field = fields.get(name);
    if (field === undefined) return usual;
    if (!is(field)) throw new Error(`its ${name} is ${typeof field === 'string' ? quoted(field) : String(field)}`);
    return field;
  };
  const number = (name: string, least = -INT_MOST, most = INT_MOST): number => take(name, 0, (field): field is number =>
    typeof field === 'number' && Number.isInteger(field) && field >= least && field <= most);
  const text = (name: string): string => take(name, '', (field): field is string => typeof field === 'string');
  return {
    key, host: text('host'), port: number('port'), priority: number('priority') || 10, weight: number('weight'), text: text('text'),
    mail: take('mail', false, (field): field is boolean => typeof field === 'boolean'), ttl: number('ttl', 0, 2 ** 32 - 1),
    targetstrip: number('targetstrip'), group: text('group'), coredns: fields.get('coredns'),
  };
}
const utf8 = new TextDecoder('utf-8', { fatal: false });

/** Whether a label of a question stands for any one label (ETCD-3). */
export const isAny = (label: string): boolean => label === '*' || label === 'any';
/** The key of a name: its labels from the right, in lower case, below the path. */
export const keyOf = (path: string, labels: readonly string[]): string => ['', path, ...labels.toReversed()].join('/');
/** The labels of the name of a key; what stands before the path is none. */
export const labelsOf = (path: string, key: string): string[] => key.slice(path.length + 2).split('/').toReversed();

/** Whether a key is of the question's name, whose segments are keyed the same way and may be any. */
export function matches(key: string, wanted: readonly string[]): boolean {
  const parts = key.split('/');
  return wanted.every((part, i) => i < parts.length && (isAny(part) || parts[i] === part));
}

/**
 * Those that belong together: the group of the shortest key counts, others are left out; who has none belongs to all. Where it is not one
 * group at that depth, or the shortest has none, all count.
 */
export function grouped(services: readonly Service[]): readonly Service[] {
  if (services.every((service) => service.group === '')) return services;
  let [group, depth] = services.length === 0 ? ['', 0] : [services[0]!.group, depthOf(services[0]!)];
  for (const service of services) {
    if (depthOf(service) >= depth) continue;
    if (service.group === '') break;
    [group, depth] = [service.group, depthOf(service)];
  }
  if (group === '') return services;
  const disagree = services.some((service) => service.group !== '' && service.group !== group && depthOf(service) === depth);
  return disagree ? services : services.filter((service) => service.group === '' || service.group === group);
}
function depthOf({ key }: Service): number {
  let depth = 1;
  for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) depth++;
  return depth;
}
