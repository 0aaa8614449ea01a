// The Corefile of a node cache, made of its template: variables in one pass, so that no value is looked at again, blocks of stub domains,
// and one that the server asks itself. Knows text (ecosystem 2); reads no file.
import type { ClusterConfig } from './cluster-config.ts';

/** What variables stand for. */
export interface Values {
  readonly addresses: readonly string[];
  readonly port: number;
  /** The address of the cluster's DNS; undefined where nobody said it. */
  readonly clusterDns: string | undefined;
  /** The environment variable that says it. */
  readonly clusterDnsVariable: string;
  readonly config: ClusterConfig;
  /** What this process alone answers to. */
  readonly nonce: string;
}
/** The file with the node's own servers. */
const RESOLV_CONF = '/etc/resolv.conf';
/** The zone in which a server asks itself (RFC 6761 6.4: nobody else has it). */
const OWN_ZONE = 'node-cache.invalid';
/** A line of the template with its properties. */
const OVER_TCP = /(forward\s+\.\s+__PILLAR__UPSTREAM__SERVERS__)\s*\{\s*force_tcp\s*\}/g;
/** Seconds for which answers of stub domains are kept. */
const STUB_TTL = 30;

/** The name at which this process, and no other one at the same address, answers. */
export const ownName = (nonce: string): string => `${nonce}.${OWN_ZONE}.`;

/** The Corefile. Throws Error with the template's line where a variable has no value, or is none. */
export function renderCorefile(template: string, file: string, values: Values): string {
  const { upstreams } = values.config;
  // Servers that a cluster names are asked over UDP, whatever the template says of those of the node.
  const plain = upstreams.length === 0 ? template : template.replace(OVER_TCP, '$1');
  const known: { readonly [variable: string]: string | undefined } = {
    __PILLAR__UPSTREAM__SERVERS__: upstreams.length === 0 ? RESOLV_CONF : upstreams.join(' '),
    __PILLAR__CLUSTER__DNS__: values.clusterDns,
    __PILLAR__LOCAL__DNS__: values.addresses.join(' '),
    // Its value is one of those of LOCAL.
    __PILLAR__DNS__SERVER__: '',
  };
  const text = plain.replace(/__PILLAR__[A-Z0-9_]*/g, (variable, at: number) => {
    const value = Object.hasOwn(known, variable) ? known[variable] : undefined;
    if (value !== undefined) return value;
    const line = plain.slice(0, at).split('\n').length;
    throw new Error(variable in known
      ? `${file}:${line}: ${variable} is not known: ${values.clusterDnsVariable} has no address in the environment (the Service of `
        + '-upstreamsvc has to be there, in the namespace of this pod, before the pod is)'
      : `${file}:${line}: ${variable} has no value here: it is replaced where the manifest is applied`);
  });
  return `${text.replace(/\n*$/, '\n')}${values.config.stubDomains.map((stub) => stubBlock(stub, values)).join('')}${ownBlock(values)}`;
}
const stubBlock = ([domain, servers]: ClusterConfig['stubDomains'][number], { addresses, port }: Values): string => `
${domain}:${port} {
    errors
    cache ${STUB_TTL}
    bind ${addresses.join(' ')}
    forward . ${servers.join(' ')}
}
`;
/** Whoever else is at the address says something else. */
const ownBlock = ({ addresses, port, nonce }: Values): string => `
# Made by node-cache: the server asks itself here.
${OWN_ZONE}:${port} {
    bind ${addresses.join(' ')}
    template IN TXT {
        match "^${nonce}[.]"
        answer "{{ .Name }} 0 IN TXT here"
    }
}
`;
