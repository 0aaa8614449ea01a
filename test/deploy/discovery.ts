// An API server that says which kinds there are and nothing else: all that Helm asks before it prints a chart's notes. Knows discovery
// documents; keeps no objects.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Kinds that the chart makes: group and version, plural, kind, whether it lies in a namespace. */
const kinds: readonly (readonly [string, string, string, boolean])[] = [
  ['v1', 'configmaps', 'ConfigMap', true], ['v1', 'services', 'Service', true], ['v1', 'serviceaccounts', 'ServiceAccount', true],
  ['apps/v1', 'deployments', 'Deployment', true], ['apps/v1', 'daemonsets', 'DaemonSet', true],
  ['rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', false],
  ['rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', false],
];
const groups = [...new Set(kinds.map(([group]) => group).filter((group) => group !== 'v1'))];

function answer(path: string): unknown {
  if (path === '/version') return { major: '1', minor: '30', gitVersion: 'v1.30.0' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') {
    const named = groups.map((groupVersion) => ({ groupVersion, version: 'v1' }));
    return {
      kind: 'APIGroupList', apiVersion: 'v1',
      groups: named.map((version) => ({ name: version.groupVersion.split('/')[0], versions: [version], preferredVersion: version })),
    };
  }
  const group = path === '/api/v1' ? 'v1' : path.replace('/apis/', '');
  const held = kinds.filter(([each]) => each === group);
  if (held.length === 0) return undefined;
  const resources = held.map(([, name, kind, namespaced]) => ({ name, singularName: '', namespaced, kind, verbs: ['get', 'create'] }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: group, resources };
}

/** Serves on a free port of the loopback while `use` runs. */
export async function withDiscovery<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    const said = answer((request.url ?? '/').split('?')[0] ?? '/');
    response.writeHead(said === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(said ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
