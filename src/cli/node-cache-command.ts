// `coredns-ts node-cache`: the server as the cache of a node, with the flags of NodeLocal DNSCache. Knows the process; what a node cache
// does is node-cache's.
import { randomBytes } from 'node:crypto';
import { NodeCacheConfiguration } from '../node-cache/configuration.ts';
import { ownName } from '../node-cache/corefile.ts';
import { NodeCache } from '../node-cache/node-cache.ts';
import { NODE_CACHE_USAGE, readNodeCacheOptions } from '../node-cache/options.ts';
import { Probe } from '../node-cache/probe.ts';
import { runTool } from '../node-cache/tool.ts';
import { answersUpstream } from '../node-cache/upstream-answer.ts';
import { replyTo } from '../plugins/prometheus/reply.ts';
import { versionLines } from './banner.ts';
import { complain, fail, writeOut } from './output.ts';
import { listensElsewhere } from './port-owners.ts';
import { serve } from './server.ts';

/** Serves until a signal ends it. `entry` is the module that threads run. */
export async function nodeCacheCommand(args: readonly string[], entry: URL, whenReload: (reload: () => void) => void): Promise<void> {
  const options = readNodeCacheOptions(args);
  if (options === '') return writeOut(NODE_CACHE_USAGE);
  if (options === 'version') return writeOut(versionLines());
  if (typeof options === 'string') {
    complain(`${options}\n${NODE_CACHE_USAGE}`);
    return process.exit(2);
  }
  const { corefile, port, pidfile, quiet, json, addresses } = options;
  const nonce = randomBytes(8).toString('hex');
  const configuration = new NodeCacheConfiguration(options, nonce, (name) => process.env[name]);
  try {
    configuration.text();
  } catch (error) {
    const help = '-basecorefile names the template, which NodeLocal DNSCache has in the ConfigMap node-local-dns';
    return fail(`${(error as Error).message}\nhelp: ${help}`);
  }
  const companion = new NodeCache({
    options, configuration, run: runTool,
    probe: (clock) => new Probe(ownName(nonce), options.isIPv6, clock),
    answersUpstream: (served, clock) => answersUpstream(served, addresses, clock),
    show: (metrics) => (request) => replyTo(metrics, request),
    othersListen: () => listensElsewhere(addresses, port),
  });
  const flags = { conf: corefile, port, pidfile, quiet, json, version: false, plugins: false, rest: [], made: () => configuration.text() };
  await serve(flags, entry, whenReload, undefined, companion);
}
