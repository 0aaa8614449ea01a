// Answers that upstreams of a `forward` line push (`subscribe`): who pushes, and what is said where nobody can be asked. Knows the line's
// options; how long answers hold is subscribe/'s.
import type { Directive } from '../../corefile/directive.ts';
import { joinHostPort } from '../../dns/host-port.ts';
import type { Name } from '../../dns/name.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { SecureClient, clientContext } from '../../secure/client.ts';
import { transportSecurity } from '../../secure/node.ts';
import type { Subscriber } from '../../subscribe/subscriber.ts';
import { readUpstream, splitScheme } from '../../upstream/address.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import type { RandomIds } from '../../upstream/random-ids.ts';
import type { ClientPem } from '../../upstream/client-tls.ts';

/** Answers that are watched. */
const MOST = 10_000;

/** What of the line's options counts here. */
interface Pushing {
  readonly subscribe: readonly UpstreamAddress[];
  readonly tls: ClientPem;
  readonly serverName: string | undefined;
  /** Over TLS, also where no name is said. */
  readonly isTlsSaid: boolean;
  readonly policy: string;
}

/** The words of `subscribe`. */
export function readPushing(line: Directive): readonly UpstreamAddress[] {
  if (!line.more) line.wrongArgs();
  return line.rest().flatMap((word) => {
    if (splitScheme(word)[0] !== 'grpc') line.refuse(`subscribe is for upstreams that push over gRPC: ${word}`, `grpc://${word}`);
    const entry = line.attempt(() => readUpstream(word, () => {
      throw Object.assign(new Error(), { code: 'ENOENT' });
    }), (reason) => line.refuse(reason));
    return 'addresses' in entry ? entry.addresses : [];
  });
}

/** Watches what the line is asked for, in one thread; ends with the load. */
export async function subscriberOf(run: Run, zone: Name, options: Pushing, ids: RandomIds): Promise<Subscriber> {
  const [{ Subscriber }, { WatchLink }] = await Promise.all([
    import('../../subscribe/subscriber.ts'), import('../../upstream/watch-link.ts'),
  ]);
  const { tls: pem, serverName: common, isTlsSaid, subscribe, policy } = options;
  const context = isTlsSaid || common !== undefined ? clientContext(transportSecurity(), pem) : undefined;
  const subscriber = new Subscriber({
    zone, most: MOST, clock: run.clock, store: run.store, metrics: run.metrics, log: run.log.prefix('forward'),
    dial: (source, owner) => new WatchLink(source, owner),
    below: (bound) => (policy === 'sequential' && bound === subscribe.length ? 0 : ids.below(bound)),
    sources: subscribe.map(({ address, port, zone: own }) => {
      const serverName = common ?? own;
      const name = joinHostPort(address, port);
      return {
        name, to: { address, port: Number(port) }, authority: serverName ?? name,
        secure: context && new SecureClient(transportSecurity(), { pem, serverName, protocols: ['h2'] }, context),
      };
    }),
  });
  run.signal.addEventListener('abort', () => subscriber.close(), { once: true });
  return subscriber;
}

/** What upstreams say, or where they say nothing what was pushed last. */
export function orStale(subscriber: Subscriber, query: Query, answer: Answer): Answer {
  const judged = (outcome: Outcome): Outcome => (outcome.kind === 'failure' ? subscriber.stale(query) ?? outcome : outcome);
  return answer instanceof Promise ? answer.then((outcome) => query.reading.within(() => judged(outcome))) : judged(answer);
}
