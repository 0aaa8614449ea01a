// The secondary of ten thousand zones of the page of *secondary*, with both of its Corefiles: all come by the catalog, more come and some
// go, and after a start all are served although the primary is gone. Here they are fewer.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { examples } from '../gates/page.ts';
import { missing, output, scratch, until } from './programs.ts';

const MANY = 500;
const page = readFileSync(new URL('../../src/plugins/secondary/README.md', import.meta.url), 'utf8');
/** The Corefile that has this text, with other ports, paths and times. */
function corefileOf(has: string, port: number, others: Readonly<Record<string, string>>): string {
  const found = examples(page).find(({ text }) => text.includes(has))!.text.replace('. {', `.:${port} {\nbind 127.0.0.1`);
  return Object.entries(others).reduce((text, [before, after]) => {
    assert.ok(text.includes(before), before);
    return text.replace(before, after);
  }, found);
}
/** How many zones a server has, of those asked for. */
async function served(port: number, zones: readonly string[]): Promise<number> {
  const questions = zones.flatMap((zone) => [zone, 'SOA']);
  const said = await output('dig', ['@127.0.0.1', '-p', String(port), '+short', '+time=10', '+tries=1', ...questions]);
  return said.split('\n').filter((line) => line.includes(' host.')).length;
}

test('a secondary of many zones by a catalog', { skip: missing('dig') }, async (t) => {
  const folder = scratch(t);
  const [at, kept] = [path.join(folder, 'zones'), path.join(folder, 'kept')];
  for (const each of [at, kept]) mkdirSync(each);
  const put = (zone: string): void =>
    writeFileSync(path.join(at, `db.${zone}`), `@ 60 IN SOA ns.${zone}. host.${zone}. 1 7200 3600 1209600 60\n@ 60 IN NS ns.${zone}.\n`);
  const zones = Array.from({ length: MANY }, (_, i) => `z${i}.test`);
  zones.forEach(put);
  const [port, peer] = [await freePort(), await freePort()];
  const primary = await serve(corefileOf('directory /etc', peer, {
    '192.0.2.2': `127.0.0.1:${port}`, '/var/lib/coredns/catalog': `${folder}/serial`, '/etc/coredns/zones': `${at}\nreload 200ms`,
  }), standard);
  let isGone = false;
  t.after(() => (isGone ? undefined : primary.close()));
  const text = corefileOf('members max 20000', port, { '192.0.2.1': `127.0.0.1:${peer}`, '/var/lib/coredns/zones': kept });
  const first = await serve(text, standard);
  const said = (): string => `${primary.log().slice(-2000)}\n${first.log().slice(-2000)}`;
  await until('all are there', async () => await served(port, zones) === MANY, said);

  put('new.test');
  rmSync(path.join(at, 'db.z0.test'));
  await until('one has come and one has gone', async () => await served(port, ['new.test', 'z0.test', 'z1.test']) === 2
    && await served(port, ['z0.test']) === 0, said);
  await until('all are kept', async () => readdirSync(kept).filter((name) => name.endsWith('.zone')).length > MANY, said);
  await first.close();
  isGone = true;
  await primary.close();

  const second = await serve(text, standard);
  t.after(() => second.close());
  const now = [...zones.slice(1), 'new.test'];
  await until('all are there without the primary', async () => await served(port, now) === MANY, () => second.log().slice(-2000));
  assert.equal(second.log().includes('Transferred'), false);
});
