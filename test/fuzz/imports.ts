// Any text as a configuration of another server: refused with its place, or a Corefile that has no error, in which each setting came over
// or
// is told. Knows words of those configurations.
import assert from 'node:assert/strict';
import { checkCorefile } from '../../src/cli/check.ts';
import { corefileText } from '../../src/importers/corefile-text.ts';
import { optionsOf } from '../../src/importers/dnsmasq/lines.ts';
import { IMPORTERS } from '../../src/importers/importers.ts';
import { ImportError, Outcome } from '../../src/importers/outcome.ts';
import { Source } from '../../src/importers/source.ts';
import { target, textOf } from './target.ts';
import type { Target } from './target.ts';

/** The text is that of one file; another one there is, and the folder that it lies in. */
const sourceOf = (text: string): Source => new Source({
  read(path) {
    if (path !== 'f.conf' && !path.endsWith('more.hosts')) throw new Error(`open ${path}: no such file or directory`);
    return Buffer.from(path === 'f.conf' ? text : '192.0.2.1 a.test b\n');
  },
  list: () => ['more.hosts'],
});
async function outcomeOf(kind: string, text: string): Promise<Outcome | undefined> {
  const outcome = new Outcome('/absent');
  try {
    await (await IMPORTERS[kind]!())('f.conf', sourceOf(text), outcome, 'host.test');
  } catch (error) {
    assert.ok(error instanceof ImportError && error.message !== '', String(error instanceof Error ? error.stack : error));
    return undefined;
  }
  const corefile = corefileText(outcome, 'f.conf');
  const { problems } = await checkCorefile(corefile, '/absent/Corefile', 53);
  // Interfaces are this machine's.
  assert.deepEqual(problems.filter(({ severity, message }) => severity === 'error' && !message.includes('plugin/bind')), [], corefile);
  return outcome;
}

const values = ['a.test', 'more.hosts', 'b.a.test', '192.0.2.1', '2001:db8::1', '192.0.2.0/24', '/a.test/', '/#/',
  '/a.test/b.test/192.0.2.2#5353', ',', '{$HOME}', '"', '\\', '{', '10',
  '{{ .Name }}', 'é', '*', '#', '@', '/', '\'', '0'];
/** A dnsmasq.conf. */
const dnsmasq = target('import-dnsmasq', 250, textOf(...['server=', 'address=', 'local=', 'host-record=', 'cname=', 'mx-host=',
  'srv-host=', 'txt-record=', 'ptr-record=',
  'naptr-record=', 'caa-record=', 'dns-rr=', 'addn-hosts=', 'conf-file=', 'conf-dir=', 'expand-hosts\n', 'domain=', 'no-hosts\n',
    'no-resolv\n', 'resolv-file=', 'bogus-priv\n',
  'domain-needed\n', 'stop-dns-rebind\n', 'bogus-nxdomain=', 'filter-rr=', 'cache-size=', 'min-cache-ttl=', 'interface=',
    'listen-address=', 'port=', 'rev-server=', '\n',
  'dhcp-range=', 'unknown='], ...values), async (text) => {
  const outcome = await outcomeOf('dnsmasq', text);
  if (outcome === undefined) return;
  const count = optionsOf('f.conf', sourceOf(text), { file: 'f.conf', line: 0 }).length;
  assert.ok(outcome.taken + outcome.remarks.filter(({ kind }) => kind !== 'note').length >= count);
});

/** One for each importer. */
export const imports: readonly Target[] = [dnsmasq];
