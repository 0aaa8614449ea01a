// What the `kubernetes` stanzas of a block say (K8S-1, K8S-2). Knows options and their texts; what they name is read elsewhere.
import type { Directive } from '../../corefile/directive.ts';
import { parseInteger } from '../../wording/integer.ts';
import type { Name } from '../../dns/name.ts';
import { isReverse } from '../../dns/reverse.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { Zones, zonesOf } from '../../kernel/site/zones.ts';
import { quoted } from '../../wording/quote.ts';
import { parseFloating } from '../../wording/float.ts';
import { ownAddresses, searchNames } from './host.ts';
import type { ApiSettings, NodeAddresses, PodMode, Watched } from './cluster/watched.ts';
import { Selector, SelectorError } from './selector.ts';

const POD_MODES: readonly PodMode[] = ['disabled', 'verified', 'insecure'];
const NODE_ADDRESSES: readonly NodeAddresses[] = ['internal', 'external'];

/** What one stanza says. */
export interface Settings extends Watched {
  /** The word of the stanza: `kubernetes`, or `kubernetai`. */
  readonly word: string;
  /** The first zone that is not a reverse one: where names in PTR records are. */
  readonly primary: Name;
  /** Each once; none for all. */
  readonly namespaces: readonly string[];
  /** Seconds. */
  readonly ttl: number;
  readonly ignoreEmptyService: boolean;
  /** Milliseconds; 0 for not waiting. */
  readonly startupTimeout: number;
  readonly fallthrough: Fallthrough;
  /** The file where what is known of the cluster is kept, as written: relative to `root`. */
  readonly snapshot: string | undefined;
  /** To be logged when the configuration is taken. */
  readonly warnings: readonly string[];
  /** The search list of this machine in lower case (K8S-17). */
  readonly searchList: readonly Name[];
  /** This machine's addresses but the loopback ones, IPv4 first (K8S-15). */
  readonly interfaces: readonly string[];
}
type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface Draft extends Writable<Omit<Settings, 'api' | 'warnings'>> {
  readonly api: Writable<ApiSettings>;
  readonly warnings: string[];
}

/**
 * Reads the stanzas; throws with CoreDNS's texts. Unlike CoreDNS it takes several stanzas in a block, one for each cluster, in the order
 * in which they are asked.
 */
export function readSettings(lines: Lines, context: ParseContext): readonly Settings[] {
  const stanzas: Settings[] = [];
  for (const line of lines) {
    const stanza = readStanza(line, context);
    const { snapshot } = stanza;
    if (snapshot !== undefined && stanzas.some((other) => other.snapshot === snapshot)) {
      line.fail(`snapshot ${quoted(snapshot)} is another cluster's too`, 'each stanza needs a file of its own');
    }
    stanzas.push(stanza);
  }
  return stanzas;
}

function readStanza(line: Directive, { zones: block, machine }: ParseContext): Settings {
  const zones = zonesOf(line.rest(), block);
  const primary = zones.names.find((zone) => isReverse(zone) === 0);
  if (primary === undefined) return line.refuse('non-reverse zone name must be used', 'add the zone of the cluster: cluster.local');
  const draft: Draft = {
    word: line.word, zones, primary, namespaces: [], namespaceLabels: undefined, labels: undefined, pods: 'disabled',
    endpointPodNames: false, ttl: 5, endpoints: true, ignoreEmptyService: false, multicluster: new Zones([]), zonal: false,
    nodes: undefined, startupTimeout: 5000, fallthrough: NEVER, snapshot: undefined, warnings: [], searchList: searchNames(machine),
    interfaces: ownAddresses(machine),
    api: { endpoint: undefined, tls: undefined, kubeconfig: undefined, qps: 0, burst: 0, maxInflight: 0 },
  };
  line.properties({ ...objectReaders(draft), ...answerReaders(draft), ...apiReaders(draft) });
  checkTogether(line, draft);
  return draft;
}

/** What no option alone can say. */
function checkTogether(line: Directive, { zones, namespaces, namespaceLabels, multicluster, zonal, endpoints }: Settings): void {
  if (namespaces.length > 0 && namespaceLabels !== undefined) line.fail('namespaces and namespace_labels cannot both be set');
  for (const { key, text } of multicluster.names) {
    if (zones.names.some((zone) => zone.key === key)) continue;
    const served = zones.names.map((zone) => zone.text).join(' ');
    line.fail(`is not authoritative for the multicluster zone ${text} (authoritative zones: [${served}])`);
  }
  if (zonal && !endpoints) line.fail('zonal requires the endpoint cache; remove noendpoints');
}

/** The options that say which objects count. */
const objectReaders = (draft: Draft) => ({
  namespaces(line: Directive) {
    draft.namespaces = [...new Set([...draft.namespaces, ...line.words(1)])];
  },
  namespace_labels(line: Directive) {
    draft.namespaceLabels = selector(line, 'namespace_label');
  },
  labels(line: Directive) {
    draft.labels = selector(line, 'label');
  },
  pods(line: Directive) {
    const [word] = line.words(1, 1);
    draft.pods = POD_MODES.find((mode) => mode === word)
      ?? line.refuse(`wrong value for pods: ${word},  must be one of: ${POD_MODES.join(', ')}`);
  },
  nodes(line: Directive) {
    const [word = 'internal'] = line.words(0, 1);
    draft.nodes = NODE_ADDRESSES.find((each) => each === word)
      ?? line.refuse(`wrong value for nodes: ${word}, must be one of: ${NODE_ADDRESSES.join(', ')}`, 'nodes external');
  },
  noendpoints(line: Directive) {
    line.words(0, 0);
    draft.endpoints = false;
  },
  ignore(line: Directive) {
    // As CoreDNS: alone it says nothing, and of several words the first counts.
    const [what] = line.words(0);
    if (what === undefined) return;
    if (what !== 'empty_service') line.refuse(`unable to parse ignore value: '${what}'`, 'ignore empty_service');
    draft.ignoreEmptyService = true;
  },
});

/** The options that say how is answered. */
const answerReaders = (draft: Draft) => ({
  endpoint_pod_names(line: Directive) {
    line.words(0, 0);
    draft.endpointPodNames = true;
  },
  ttl(line: Directive) {
    const [text] = line.words(1);
    const ttl = line.number(text!, (reason) => line.refuse(reason, 'ttl is a whole number of seconds'));
    if (ttl < 0 || ttl > 3600) line.fail(`ttl must be in range [0, 3600]: ${ttl}`);
    draft.ttl = ttl;
  },
  zonal(line: Directive) {
    line.words(0, 0);
    draft.zonal = true;
  },
  multicluster(line: Directive) {
    draft.multicluster = zonesOf(line.rest(), []);
  },
  fallthrough(line: Directive) {
    draft.fallthrough = readFallthrough(line);
  },
});

/** The options about the API and about the start. */
const apiReaders = (draft: Draft) => ({
  endpoint(line: Directive) {
    const [first, second] = line.words(1);
    draft.api.endpoint = first;
    if (second === undefined) return;
    draft.warnings.push(`Multiple endpoints have been deprecated, only the first specified endpoint '${first}' is used`);
  },
  tls(line: Directive) {
    const [cert, key, ca] = line.words(3, 3) as [string, string, string];
    draft.api.tls = { cert, key, ca };
  },
  kubeconfig(line: Directive) {
    const [file, context] = line.words(1, 2) as [string, string?];
    draft.api.kubeconfig = { file, context };
  },
  apiserver_qps(line: Directive) {
    const qps = atLeastNone(line, (text) => parseFloating(text, 32));
    draft.api.qps = Number.isNaN(qps) ? 0 : qps;
  },
  apiserver_burst(line: Directive) {
    draft.api.burst = atLeastNone(line, parseInteger);
  },
  apiserver_max_inflight(line: Directive) {
    draft.api.maxInflight = atLeastNone(line, parseInteger);
  },
  startup_timeout(line: Directive) {
    const [text] = line.words(1);
    const timeout = line.duration(text!, (reason) => line.refuse(`failed to parse startup_timeout: ${text}, ${reason}`,
      'startup_timeout is a duration such as 5s'));
    // CoreDNS takes it and crashes.
    if (timeout < 0) line.fail(`startup_timeout must be >= 0: ${text}`);
    draft.startupTimeout = timeout;
  },
  snapshot(line: Directive) {
    const [file] = line.words(1, 1);
    draft.snapshot = file === '' ? line.wrongArgs() : file;
  },
});

/** The one argument of an option, a number that is not negative. */
function atLeastNone(line: Directive, parse: (text: string) => number): number {
  const text = line.only();
  const value = line.attempt(() => parse(text), (reason) => line.fail(`invalid ${line.word} ${quoted(text)}: ${reason}`));
  if (value < 0) line.fail(`${line.word} must be >= 0`);
  return value;
}
function selector(line: Directive, what: string): string {
  const text = line.words(1).join(' ');
  try {
    return Selector.parse(text).text;
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return line.refuse(`unable to parse ${what} selector value: '${text}': ${error.message}`);
  }
}
