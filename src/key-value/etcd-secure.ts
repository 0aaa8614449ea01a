// TLS to an etcd. Knows paths of files, which are read again for each connection, so that new certificates are shown to the next one.
import { readFileSync } from 'node:fs';
import { SecureClient } from '../secure/client.ts';
import { transportSecurity } from '../secure/node.ts';
import { readClientPem } from '../upstream/client-tls.ts';
import type { ApiPlace } from '../web-api/api-request.ts';

/** How connections to a place are made secure: paths as `tls` has them, none for the machine's authorities; undefined: in the clear. */
export function secureEtcd(place: ApiPlace, files: readonly string[] = []): SecureClient | undefined {
  if (!place.secure) return undefined;
  const pem = readClientPem(files, (path) => readFileSync(path));
  return new SecureClient(transportSecurity(), { pem, serverName: place.host, protocols: ['h2'] });
}
