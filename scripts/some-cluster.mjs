// A small cluster behind a scripted Kubernetes API, for a start whose compiled code is kept: run by hand it prints its port and stays. Knows
// the bundle's test library; knows nothing of who asks.
import { pathToFileURL } from 'node:url';
import { inRoot } from './root.mjs';

/** Services of each kind, most of them as most are. */
const SERVICES = 40;

/** An API with its objects, listening. */
export async function someCluster() {
  const { FakeKubeApi } = await import(pathToFileURL(inRoot('dist', 'testing.js')).href);
  const api = new FakeKubeApi();
  api.add('namespaces', { metadata: { name: 'shop' } });
  for (let i = 0; i < SERVICES; i++) {
    const [name, namespace, ip] = [`web-${i}`, 'shop', `10.96.0.${i}`];
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    const spec = i % 8 === 0 ? { clusterIP: 'None', clusterIPs: ['None'] } : { clusterIP: ip, clusterIPs: [ip] };
    api.add('services', { metadata: { name, namespace }, spec: { type: 'ClusterIP', ...spec, ports } });
    for (const family of i % 4 === 0 ? ['IPv4', 'IPv6'] : ['IPv4']) {
      const endpoints = [1, 2, 3].map((n) => ({ addresses: [family === 'IPv4' ? `10.1.${i}.${n}` : `fd00::${i}:${n}`], conditions: { ready: true } }));
      const metadata = { name: `${name}-${family.toLowerCase()}`, namespace, labels: { 'kubernetes.io/service-name': name } };
      api.add('endpointslices', { metadata, addressType: family, endpoints, ports });
    }
    api.add('pods', { metadata: { name: `${name}-0`, namespace }, status: { phase: 'Running', podIPs: [{ ip: `10.1.${i}.1` }] } });
  }
  await api.up();
  return api;
}

if (process.argv[1] === import.meta.filename) console.log((await someCluster()).port);
