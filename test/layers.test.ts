// The page about layers: its Corefiles, as they stand there but for addresses and ports, in four processes. Knows the page.
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../src/testing/certificates.ts';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { read } from './gates/checkout.ts';

const [place = '', host = ''] = [...read('docs/layers.md').matchAll(/~~~ corefile\n([\s\S]*?)~~~/g)].map(([, text]) => text!);
const PLACES = ['west', 'east', 'vm'] as const;
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

/** A server with these files beside its Corefile. */
async function started(t: TestContext, corefile: string, files: readonly (readonly [name: string, text: string])[], folder?: string) {
  const server = new Spawned(undefined, folder === undefined ? {} : { folder });
  t.after(() => server.kill());
  for (const [name, text] of files) writeFileSync(join(server.folder, name), text);
  server.write(corefile);
  await server.says(/CoreDNS-/);
  return server;
}

test('two clusters and a machine: one name, changes at once, a dead one hides nobody', { timeout: 300_000 }, async (t) => {
  const authority = new Authority();
  const { cert, key } = authority.sign({ names: ['dns.internal'] });
  const ports = await Promise.all(PLACES.map(() => freePort()));
  const hosts = (name: string, ...addresses: string[]): string => addresses.map((address) => `${address} web.${name}.internal\n`).join('');
  const servers = await Promise.all(PLACES.map((name, i) => started(t,
    place.replaceAll('west', name).replace(':8443', `:${ports[i]}`).replace('{\n', '{\n    bind 127.0.0.1\n').replace('1s', '20ms'),
    [['cert.pem', cert], ['key.pem', key], [`${name}.hosts`, hosts(name, `192.0.2.${i + 1}`)]])));
  const port = await freePort();
  const corefile = ['192.0.2.8', '192.0.2.9', '192.0.2.10'].reduce(
    (text, address, i) => text.replace(`${address}:8443`, `127.0.0.1:${ports[i]}`),
    host.replaceAll(':53 {', `:${port} {\n    bind 127.0.0.1`));
  await started(t, corefile, [['ca.pem', authority.pem]]);
  const addresses = async (): Promise<readonly string[]> =>
    (await askOnce(port, 'web.svc.example.org', 'A')).answer.map((text) => text.split(' ').at(-1)!);
  const until = async (...wanted: string[]): Promise<void> => {
    while ((await addresses()).toSorted().join() !== wanted.join()) await pause();
  };
  await until('192.0.2.1', '192.0.2.2', '192.0.2.3');
  const write = (i: number, ...all: string[]): void => {
    const file = join(servers[i]!.folder, `${PLACES[i]}.hosts`);
    writeFileSync(`${file}.new`, hosts(PLACES[i]!, ...all));
    renameSync(`${file}.new`, file);
  };
  write(1, '192.0.2.22', '192.0.2.23');
  await until('192.0.2.1', '192.0.2.22', '192.0.2.23', '192.0.2.3');
  servers[2]!.signal('SIGKILL');
  await servers[2]!.ended;
  write(0, '192.0.2.11');
  // What the dead one had is known still; a name that only it had would be.
  await until('192.0.2.11', '192.0.2.22', '192.0.2.23', '192.0.2.3');
  assert.equal((await askOnce(port, 'none.svc.example.org', 'A')).rcode, 'SERVFAIL');
});
