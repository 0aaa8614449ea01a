// What a request to the Kubernetes API asks for, and the Status that refuses it. Knows paths, parameters and codes; keeps nothing.
import { fieldSelector, labelSelector } from './kube-selector.ts';
import type { KubeSelector } from './kube-selector.ts';
import { KUBE_KINDS } from './kube-store.ts';
import type { KubeResource } from './kube-store.ts';

/** A request that is refused, with the words of the real API. */
export class KubeRefusal extends Error {
  override readonly name: string = 'KubeRefusal';
  readonly code: number;
  readonly reason: string;
  /** Further members of the Status object. */
  readonly more: { readonly [member: string]: unknown };
  /** Seconds of the header Retry-After. */
  readonly retryAfter: number | undefined;
  constructor(code: number, reason: string, message: string, more: { readonly [member: string]: unknown } = {}, retryAfter?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.more = more;
    this.retryAfter = retryAfter;
  }
  /** The Status object. */
  get status(): { readonly [member: string]: unknown } {
    const { code, reason, message } = this;
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code, ...this.more };
  }
}
/** A version that the API no longer knows. */
export const expired = (wanted: number, oldest: number): KubeRefusal =>
  new KubeRefusal(410, 'Expired', `too old resource version: ${wanted} (${oldest})`);
/** A version that is yet to come. */
export const tooLarge = (wanted: number, current: number): KubeRefusal => {
  const message = `Too large resource version: ${wanted}, current: ${current}`;
  const details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 };
  return new KubeRefusal(504, 'Timeout', message, { details });
};
const REASONS: { readonly [code: number]: string } = {
  400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 406: 'NotAcceptable', 410: 'Expired', 422: 'Invalid',
  429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout',
};
/** A refusal with the usual reason of its code. */
export const refuse = (code: number, message: string, retryAfter?: number): KubeRefusal =>
  new KubeRefusal(code, REASONS[code] ?? 'Unknown', message, {}, retryAfter);

/** A list, a watch, or one object. */
export interface KubeQuery {
  readonly resource: KubeResource;
  readonly namespace: string | undefined;
  /** Set where one object is asked for. */
  readonly name: string | undefined;
  readonly watch: boolean;
  readonly selects: KubeSelector;
  /** Whether any selector narrows the collection. */
  readonly selected: boolean;
  readonly version: number | undefined;
  readonly match: string;
  readonly limit: number;
  readonly continue: string;
  /** undefined where it is not given. */
  readonly initialEvents: boolean | undefined;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

const PATH = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([a-z]+)(?:\/([^/]+))?$/;
const yes = (text: string | null): boolean => text === 'true' || text === '1';

/**
 * Reads the target of a request, path and parameters; `versions` has those of collections that have another one than usual. Throws
 * KubeRefusal: 404, or 400 for parameters that cannot be read.
 */
export function readKubeQuery(target: string, versions: ReadonlyMap<KubeResource, string> = new Map()): KubeQuery {
  const url = new URL(target, 'http://kube');
  const [, group, namespace, plural = '', name] = PATH.exec(url.pathname) ?? [];
  const resource = plural in KUBE_KINDS ? plural as KubeResource : undefined;
  const other = resource && versions.get(resource);
  const served = resource && (other === undefined ? KUBE_KINDS[resource].group : KUBE_KINDS[resource].group.replace(/[^/]+$/, other));
  if (resource === undefined || served !== group) throw refuse(404, 'the server could not find the requested resource');
  const parameter = (key: string): string => url.searchParams.get(key) ?? '';
  const number = (key: string): number | undefined => {
    const text = parameter(key);
    if (!/^\d*$/.test(text)) throw refuse(400, `strconv.ParseUint: parsing "${text}": invalid syntax`);
    return text === '' ? undefined : Number(text);
  };
  return {
    resource, namespace, name: name && decodeURIComponent(name), watch: yes(url.searchParams.get('watch')),
    selects: selector(parameter('labelSelector'), parameter('fieldSelector'), namespace),
    selected: parameter('labelSelector') !== '' || parameter('fieldSelector') !== '',
    version: number('resourceVersion'), match: parameter('resourceVersionMatch'), limit: number('limit') ?? 0,
    continue: parameter('continue'), timeoutSeconds: number('timeoutSeconds'), bookmarks: yes(url.searchParams.get('allowWatchBookmarks')),
    initialEvents: url.searchParams.has('sendInitialEvents') ? yes(url.searchParams.get('sendInitialEvents')) : undefined,
  };
}
function selector(labels: string, fields: string, namespace: string | undefined): KubeSelector {
  try {
    const inside = fieldSelector(namespace === undefined ? '' : `metadata.namespace=${namespace}`);
    const all = [labelSelector(labels), fieldSelector(fields), inside];
    return (object) => all.every((selects) => selects(object));
  } catch (error) {
    throw refuse(400, (error as Error).message);
  }
}

/** What the real API does not take together. Throws KubeRefusal. */
export function checkKubeQuery({ watch, version, match, limit, initialEvents, ...query }: KubeQuery): void {
  const invalid = (field: string, text: string) => refuse(422, `ListOptions.meta.k8s.io "" is invalid: ${field}: ${text}`);
  const onlyWith = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  if (watch && match !== '' && initialEvents === undefined) {
    throw invalid('resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  }
  if (watch && initialEvents !== undefined && match !== 'NotOlderThan') throw invalid('resourceVersionMatch', `Forbidden: ${onlyWith}`);
  if (watch) return;
  if (initialEvents !== undefined) throw invalid('sendInitialEvents', 'Forbidden: sendInitialEvents is forbidden for list');
  if (match !== '' && version === undefined) {
    throw invalid('resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (match === 'Exact' && version === 0) {
    throw invalid('resourceVersionMatch', 'Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  }
  if (query.continue !== '' && (version ?? 0) !== 0) throw refuse(400, 'specifying resource version is not allowed when using continue');
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') throw invalid('resourceVersionMatch', `Unsupported value: "${match}"`);
  if (limit < 0) throw refuse(400, 'limit must be positive');
}

/** Whether a header Accept lets the answer be plain JSON: what this server speaks. */
export const acceptsJson = (accept: string | undefined): boolean =>
  accept === undefined || accept.split(',').some((each) => /^\s*(application\/json|application\/\*|\*\/\*)\s*(;(?!\s*as=).*)?$/.test(each)
    && !/;\s*as=/.test(each));
