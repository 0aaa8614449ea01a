// A source of names that a plugin computes or looks up, and the DNS of it, as authors see them: `Lookup` adds what zones mean. Knows what
// `authority` makes of a source; knows no source.
import type { Name } from '../dns/name.ts';
import type { Backend as KernelBackend, Node as KernelNode } from '../authority/backend.ts';
import { Computed } from '../authority/computed.ts';
import { Lookup as KernelLookup } from '../authority/lookup.ts';
import { ServedZones } from '../authority/served-zones.ts';
import type { SoaForm } from '../authority/soa.ts';
import type { Query as KernelQuery } from '../kernel/query/query.ts';
import type { Handler as KernelHandler } from '../kernel/site/plugin.ts';
import type { Fallthrough } from '../kernel/site/fallthrough.ts';
import type { Answer, Handler, Message, Query } from './query.ts';

/** Sections of a reply, for `appendAll`. */
export const ANSWER = 6, ADDITIONAL = 10;

/** Server `ns.dns.ZONE`, mailbox `hostmaster.ZONE`, in the spelling of the question. */
const SOA: SoaForm = {
  primary: '\x02ns\x03dns', mailbox: '\x0ahostmaster', longest: 300, folded: false, refresh: 7200, retry: 1800, expire: 86400,
};

/** What is at a name that exists. It may own nothing. */
export interface Node {
  /** Adds the records of this type to the answer section of `reply`, which has none yet, and what belongs beside them. */
  write(type: number, reply: Message): void;
  /** Where the name points for questions of this type (CNAME), undefined where it is no alias. */
  alias?(type: number): Name | undefined;
}
/** Names and their records. */
export interface Backend {
  readonly zones: readonly Name[];
  /** For which names a question that has no answer here is handed on. */
  readonly fallthrough: Fallthrough;
  /** Seconds, of aliases and denials. */
  readonly ttl: number;
  /** What is at the name of the question; undefined: there is no such name. A rejection is a SERVFAIL that `errors` logs. */
  at(query: Query): Node | undefined | Promise<Node | undefined>;
  /** The serial of a zone's SOA, which denials carry. Not given: there is no SOA. */
  serial?(zone: Name): number;
  /**
   * What is said of a name that is missing: that it is not there (NXDOMAIN), or nothing to rely on (SERVFAIL). Not given: the former where
   * it has a `serial`.
   */
  readonly unknown?: 'denial' | 'failure';
  /** Why a name that it does not have may exist all the same: then that is a SERVFAIL. Undefined where all is known. */
  incomplete?(query: Query): string | undefined;
  /** What it says of answers that may be old (RFC 8914 code 3), undefined where they are not. */
  stale?(): string | undefined;
}

/** The source as `authority` knows it. */
function known(backend: Backend): KernelBackend {
  const { serial, stale, unknown = serial === undefined ? 'failure' : 'denial' } = backend;
  return {
    zones: new ServedZones(backend.zones), fallthrough: backend.fallthrough, ttl: backend.ttl, unknown,
    at: (_place, query) => backend.at(query as unknown as Query) as KernelNode | undefined | Promise<KernelNode | undefined>,
    incomplete: (_place, query) => backend.incomplete?.(query as unknown as Query),
    ...(serial === undefined ? {} : { soa: { form: SOA, serial: ({ name }) => serial.call(backend, name) } }),
    ...(stale === undefined ? {} : { stale: () => stale.call(backend) }),
  };
}

/** Answers from one source: zone, SOA, aliases, NODATA and NXDOMAIN, `fallthrough`. Made once a part and thread: in `start`. */
export class Lookup {
  readonly #lookup: KernelLookup;
  constructor(backend: Backend) {
    this.#lookup = new KernelLookup(new Computed(known(backend)));
  }
  /** The answer, or what `next` says where the source has nothing to say. */
  handle(query: Query, next: Handler): Answer {
    return this.#lookup.handle(query as unknown as KernelQuery, next as unknown as KernelHandler) as Answer;
  }
}
