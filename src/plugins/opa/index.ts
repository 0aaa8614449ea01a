// *opa* is a policy engine for *firewall* that asks the Open Policy Agent, or runs what it compiled (ecosystem 5.2). Knows how one is put
// together; what is asked is engine.ts's.
import { readFileSync } from 'node:fs';
import { counter, histogram } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import { PolicyEngines } from '../../policy/engine.ts';
import { Keeper, RESULTS } from '../../policy/keeper.ts';
import { SecureClient } from '../../secure/client.ts';
import { transportSecurity } from '../../secure/node.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import { Agent } from './agent.ts';
import { running } from './bundle.ts';
import { readOpa } from './config.ts';
import type { OpaLine } from './config.ts';
import { OpaEngine } from './engine.ts';
import type { Asker } from './engine.ts';
import { decisionIn } from './result.ts';

/** Seconds of what is asked. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const FAMILIES = {
  requests: counter('coredns_opa_decisions_total', 'Counter of questions to a policy, by how they went.', ['engine', 'result']),
  durations: histogram('coredns_opa_request_duration_seconds', 'Histogram of the time that a policy took to decide.', ['engine'], BUCKETS),
};

/** Asks over HTTP. */
function over({ endpoint, tls, timeout }: OpaLine, { clock, signal }: Run): Asker {
  const secure = endpoint.secure ? new SecureClient(transportSecurity(), {
    pem: readClientPem(tls ?? [], (path) => readFileSync(path)), serverName: endpoint.host, protocols: ['http/1.1'],
  }) : undefined;
  const agent = new Agent(endpoint, secure, clock, timeout);
  // Questions of this load may still be under way.
  signal.addEventListener('abort', () => clock.after(timeout, () => agent.close()), { once: true });
  return async (input) => {
    const { status, body } = await agent.post(Buffer.from(JSON.stringify({ input })));
    return decisionIn(status, body);
  };
}
/** The same, timed. */
function timed(ask: Asker, { clock, metrics }: Run, name: string): Asker {
  const family = metrics.family(FAMILIES.durations);
  const cell = family.cell([name]);
  return (input) => {
    const began = clock.monotonic();
    const seen = () => family.observe(cell, (clock.monotonic() - began) / 1000);
    const decision = ask(input);
    if (decision instanceof Promise) return decision.finally(seen);
    seen();
    return decision;
  };
}

function partOf(line: OpaLine, engine: OpaEngine): Part {
  return {
    async start(run) {
      const family = run.metrics.family(FAMILIES.requests);
      const cells = new Map(RESULTS.map((result) => [result, family.cell([line.name, result])]));
      const { name, cache, onError, bundle } = line;
      const ask = bundle === undefined ? over(line, run) : await running(bundle.path, bundle.entrypoint);
      engine.start(timed(ask, run, name), new Keeper({
        what: name, cache, fallback: onError === undefined ? undefined : { value: { action: onError }, word: onError },
        clock: run.clock, log: run.log.prefix('opa'),
        count: (result) => {
          run.metrics.values[cells.get(result)!]!++;
        },
      }));
    },
  };
}

export default definePlugin({
  name: 'opa',
  metrics: FAMILIES,
  parse: readOpa,
  create: (lines, site) => lines.map((line) => {
    const engine = new OpaEngine(line);
    site.put(PolicyEngines, engine);
    const of = line.bundle === undefined ? `${line.endpoint.host}:${line.endpoint.port}` : line.bundle.path;
    site.put(ShownRules, {
      by: 'opa', rules: (counted) => [{ what: `${line.name} ${of}`, hits: counted(FAMILIES.requests, { engine: line.name }) }],
    });
    return partOf(line, engine);
  }),
});
