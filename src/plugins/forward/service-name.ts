// `service NAMESPACE/NAME[:PORT]` among the words of a `forward` line: upstreams that are the endpoints of a Service. Knows the text; asks
// no API.

/** A Service, and which of its ports is asked. */
export interface ServiceEntry {
  readonly service: {
    readonly namespace: string;
    readonly name: string;
    /** The name of a port or the number at which endpoints listen; '' for the one that is for DNS. */
    readonly port: string;
  };
}

/** Names as the API has them: labels (RFC 1123). */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const SERVICE = new RegExp(`^(${LABEL})/(${LABEL})(?::(${LABEL}))?$`);

/** Whether the word behind `service` is meant as one: else `service` is the name of a host. */
export const meansService = (word: string | undefined): word is string => word !== undefined && /^[^/:]+\/[^/]/.test(word);
/** Reads the word behind `service`; undefined where it is none. */
export function readService(word: string): ServiceEntry | undefined {
  const [, namespace, name, port = ''] = SERVICE.exec(word) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  if (/^\d+$/.test(port) && !(Number(port) > 0 && Number(port) < 65536)) return undefined;
  return { service: { namespace, name, port } };
}
/** As it stands in a Corefile. */
export const serviceText = ({ service: { namespace, name, port } }: ServiceEntry): string =>
  `service ${namespace}/${name}${port === '' ? '' : `:${port}`}`;
