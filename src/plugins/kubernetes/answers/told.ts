// What a name of a cluster is, for whoever explains an answer: the object, and how new what is known of it is. Knows the schema and the
// store; answers nothing.
import { TYPE } from '../../../dns/type-name.ts';
import type { Asked, Place } from '../../../authority/served-zones.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { incompleteOf, staleOf } from '../cluster/condition.ts';
import { EXTERNAL_NAME, HEADLESS, SERVICE } from '../cluster/layout.ts';
import { ObjectKey, REVISION } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';
import { latin1 } from '../cluster/wire-text.ts';
import { ABOVE_SERVER, APEX, NAMESPACE, NAME_SERVER, NODE_NAME, POD_NAME, SERVICE_NAME, SUBDOMAIN, VERSION } from './question.ts';
import type { Parsed } from './question.ts';

/** Bits of all resources. */
const EVERYTHING = -1;

/** A question, what was made of its name, and what there is. */
export interface ToldName {
  readonly parsed: Parsed;
  readonly place: Place;
  readonly query: Asked & { readonly type: number };
  readonly map: ByteMap;
  /** What objects of that map are called. */
  readonly kind: 'Service' | 'ServiceImport';
  readonly isExposed: boolean;
  readonly pods: 'disabled' | 'insecure' | 'verified';
}

/** Which cluster it is, how often anything of it changed, and since when it was not heard: main alone knows the latter. */
export function clusterText(name: string, maps: Maps, silence: number | undefined): string {
  const heard = silence === undefined ? '' : `heard ${(silence / 1000).toFixed(1)} s ago`;
  const old = incompleteOf(maps, EVERYTHING) ?? staleOf(maps) ?? heard;
  return `cluster ${name}, revision ${maps.flags.get(REVISION) >>> 0}${old === '' ? '' : `, ${old}`}`;
}
/** What the name is, or why there is none. */
export function nameText({ parsed, place, query, map, kind, isExposed, pods }: ToldName): string {
  if (query.type === TYPE.SOA) return 'SOA asks for no object';
  if (place.zone.reverse || query.type === TYPE.PTR) return 'names of an address';
  switch (parsed.kind) {
    case APEX: case NAME_SERVER: return 'name servers of the zone';
    case SUBDOMAIN: case ABOVE_SERVER: return 'a name above others';
    case VERSION: return 'version of the schema';
    case NODE_NAME: return 'a Node, or above one';
    default:
  }
  if (parsed.namespace === 0) return 'no name of the schema';
  const namespace = labelText(query.bytes, parsed.namespace);
  if (!isExposed) return `there is no namespace ${namespace} that may be spoken of`;
  if (parsed.kind === NAMESPACE) return `Namespace ${namespace}`;
  if (parsed.ofPods && pods === 'disabled') return 'names of pods are disabled';
  if (parsed.kind === POD_NAME) return `the address of a pod of ${namespace} (pods ${pods})`;
  return parsed.kind === SERVICE_NAME ? serviceText(query, parsed, map, kind) : 'no name of the schema';
}
/** Which service it is, and what of it. */
export function serviceText({ bytes }: Asked, { namespace, service, endpoint, portSize }: Parsed, map: ByteMap, kind: string): string {
  const name = `${kind} ${labelText(bytes, namespace)}/${labelText(bytes, service)}`;
  const entry = new ObjectKey().copy(bytes, service, namespace + 1 + bytes[namespace]! - service).in(map);
  const flags = entry === 0 ? 0 : map.bytes[map.bytesAt(entry)]!;
  if ((flags & SERVICE) === 0) return `there is no ${name}`;
  const what = (flags & EXTERNAL_NAME) !== 0 ? 'ExternalName' : (flags & HEADLESS) !== 0 ? 'headless' : 'ClusterIP';
  return `${portSize > 0 ? 'a port of ' : endpoint === 0 ? '' : 'an endpoint of '}${name}, ${what}`;
}
/** A label for people: what is no letter, digit or hyphen does nothing to a terminal. */
function labelText(bytes: Uint8Array, at: number): string {
  const escaped = (letter: string): string => `\\${String(letter.charCodeAt(0)).padStart(3, '0')}`;
  return latin1(bytes, at + 1, bytes[at]!).replaceAll(/[^\w-]/g, escaped);
}
