// The standard order of plugins, which is the order of every chain (ORD-1): each is loaded when a Corefile has its word, since all of them
// take longer to load than the rest of the start. The only file that imports plugins.
import type { LatePlugin, Plugin } from '../kernel/site/plugin.ts';

const late = (name: string, load: () => Promise<{ readonly default: unknown }>): LatePlugin =>
  ({ name, load: async () => (await load()).default as Plugin });

/** Those that most Corefiles name come together: each file that is read takes half a millisecond of a start. */
const usually = (name: keyof typeof import('./usual.ts')) => async () => ({ default: (await import('./usual.ts'))[name] });

/** The word of every plugin that is there, in the order in which queries pass them. */
export const standardWords: readonly LatePlugin[] = [
  late('root', () => import('./root/index.ts')),
  late('metadata', () => import('./metadata/index.ts')),
  late('geoip', () => import('./geoip/index.ts')),
  late('cancel', () => import('./cancel/index.ts')),
  late('proxyproto', () => import('./proxyproto/index.ts')),
  late('grpc_server', () => import('./grpc_server/index.ts')),
  late('https', () => import('./https/index.ts')),
  late('timeouts', () => import('./timeouts/index.ts')),
  late('multisocket', () => import('./multisocket/index.ts')),
  { ...late('reload', () => import('./reload/index.ts')), standing: true },
  late('nsid', () => import('./nsid/index.ts')),
  late('bufsize', () => import('./bufsize/index.ts')),
  late('bind', usually('bind')),
  late('debug', () => import('./debug/index.ts')),
  late('trace', () => import('./trace/index.ts')),
  late('ready', () => import('./ready/index.ts')),
  { ...late('health', usually('health')), standing: true },
  late('pprof', () => import('./pprof/index.ts')),
  late('shed', () => import('./shed/index.ts')),
  late('prometheus', () => import('./prometheus/index.ts')),
  late('errors', usually('errors')),
  late('log', usually('log')),
  late('dnstap', () => import('./dnstap/index.ts')),
  { ...late('local', () => import('./local/index.ts')), standing: true },
  late('ddr', () => import('./ddr/index.ts')),
  late('dns64', () => import('./dns64/index.ts')),
  late('siit', () => import('./siit/index.ts')),
  late('any', () => import('./any/index.ts')),
  late('chaos', () => import('./chaos/index.ts')),
  late('loadbalance', () => import('./loadbalance/index.ts')),
  late('tsig', () => import('./tsig/index.ts')),
  late('rewrite', () => import('./rewrite/index.ts')),
  late('autopath', () => import('./autopath/index.ts')),
  late('acl', () => import('./acl/index.ts')),
  late('cache', usually('cache')),
  late('header', () => import('./header/index.ts')),
  late('dnssec', () => import('./dnssec/index.ts')),
  late('tls', () => import('./tls/index.ts')),
  late('minimal', () => import('./minimal/index.ts')),
  late('template', () => import('./template/index.ts')),
  late('transfer', () => import('./transfer/index.ts')),
  late('dynupdate', () => import('./dynupdate/index.ts')),
  { ...late('hosts', usually('hosts')), standing: true },
  late('k8s_external', () => import('./k8s_external/index.ts')),
  { ...late('kubernetes', () => import('./kubernetes/index.ts')), aliases: ['kubernetai'] },
  late('file', () => import('./file/index.ts')),
  late('auto', () => import('./auto/index.ts')),
  late('secondary', () => import('./secondary/index.ts')),
  late('loop', () => import('./loop/index.ts')),
  { ...late('forward', usually('forward')), standing: true },
  late('grpc', () => import('./grpc/index.ts')),
  late('erratic', () => import('./erratic/index.ts')),
  late('whoami', () => import('./whoami/index.ts')),
  late('on', () => import('./on/index.ts')),
  late('sign', () => import('./sign/index.ts')),
  late('view', () => import('./view/index.ts')),
];
