// Any text to what reads files and arguments: hosts, resolv.conf, weights, the command line. Knows what must hold of what was read.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { readQuestions } from '../../src/cli/explain-questions.ts';
import { parseFlags } from '../../src/cli/flags.ts';
import { Name } from '../../src/dns/name.ts';
import { Zones } from '../../src/kernel/site/zones.ts';
import { readEntries } from '../../src/plugins/hosts/entries.ts';
import { parseWeights } from '../../src/plugins/loadbalance/weights.ts';
import { nameservers } from '../../src/upstream/resolv-conf.ts';
import { target, textOf } from './target.ts';

const addresses = ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', 'fe80::1%eth0', '256.1.1.1', '::', '1', '0'];
const everything = new Zones([Name.root]);
const one = new Zones([Name.parse('example.org.')]);

const lines = textOf(...addresses, 'www.example.org', '*.example.org', 'a..b', 'x'.repeat(70), '\\300', '*');
/** A hosts file: whatever is no entry is passed over, and what is read are addresses of 4 or 16 octets. */
export const hosts = target('hosts', 1000, lines, (text) => {
  const all = readEntries(text, everything, true);
  const some = readEntries(text, one, true);
  assert.ok(some.count <= all.count);
  for (const [family, size] of [['v4', 4], ['v6', 16]] as const) {
    for (const [name, list] of all[family]) {
      assert.ok(list.every((address) => address.length === size));
      assert.equal(Name.wire(name).key, name);
    }
    for (const name of some[family].keys()) assert.ok(Name.wire(name).isUnder(Name.parse('example.org.')));
  }
});

/** A resolv.conf: what is read are words of its lines. */
export const resolvConf = target('resolv-conf', 1000, textOf('nameserver', 'search', 'options', 'ndots:5', ';', ...addresses), (text) => {
  const found = nameservers(text);
  assert.ok(found.length <= text.split('nameserver').length - 1);
  assert.ok(found.every((word) => text.includes(word) && !/\s/.test(word)));
});

/** A file of weights: read, or refused with a text that names it. */
export const weights = target('weights', 1000, textOf(...addresses, 'example.org', '100', '256', '-1', '1e2'), (text) => {
  try {
    for (const values of parseWeights(text, 'weights.txt').values()) {
      for (const weight of values.values()) assert.ok(Number.isInteger(weight) && weight >= 1 && weight <= 255);
    }
  } catch (error) {
    assert.match((error as Error).message, /weight file weights\.txt/);
  }
});

const flag = fc.constantFrom('-conf', '--conf', '-conf=', '-p', '-p=53', '-dns.port', '-quiet', '-quiet=maybe', '-version', '-plugins',
  '-pidfile', '--', '-', '-=', '---', '', '-h', '65536', '-1', '1e3', '0x10', '__proto__', '-__proto__=1', '-constructor');

/** Arguments: understood, or refused with a text. */
export const flags = target('flags', 1000, fc.array(fc.oneof({ weight: 4, arbitrary: flag }, fc.string()), { maxLength: 8 }), (args) => {
  const read = parseFlags(args);
  if ('refused' in read) return assert.equal(typeof read.refused, 'string');
  assert.ok(Number.isInteger(read.port) && read.port >= 0 && read.port <= 65535);
  assert.ok(read.rest.length <= args.length && read.rest.every((word) => args.includes(word)));
  for (const text of [read.conf, read.pidfile]) assert.equal(typeof text, 'string');
});

const asked = textOf('www.example.org', 'A', 'AAAA', '=>', 'from', '192.0.2.1', '::1', 'tcp', 'do', 'view', 'at', '@:53', 'NOERROR',
  'by:cache', '"', '#', 'no', 'reply', 'CH', '\\000');
/** A file of questions for `explain`: read, or refused with the line; what is read can be asked. */
export const expectations = target('expectations', 1000, asked, (text) => {
  const read = readQuestions(text, 'questions', {});
  if (typeof read === 'string') return assert.match(read, /^questions(:\d+: | has no question)/);
  for (const { packet, client, expected } of read) {
    assert.ok(packet.length > 12 && client !== '');
    if (expected === undefined || expected.silent) continue;
    assert.ok(expected.rcode !== undefined || expected.by !== undefined || expected.data.length > 0);
  }
});
