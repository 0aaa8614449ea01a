// What `dnssec { auto }` signs, before validators of others: delv and Unbound on made-up zones of every shape, and Unbound below a signed
// parent while keys are rolled, at every moment of it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { putOrder } from '../../src/authority/zone-keys/orders.ts';
import { Name } from '../../src/dns/name.ts';
import { parseState } from '../../src/dnssec/rollover/state-text.ts';
import { stageOf } from '../../src/dnssec/rollover/state.ts';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { startUnbound } from '../../src/testing/unbound.ts';
import type { Validated } from '../../src/testing/unbound.ts';
import { missing, output, scratch, until } from './programs.ts';

const POLICIES = { nsec: '', nsec3: 'policy {\nnsec3\n}', optout: 'policy {\nnsec3\noptout\n}' };
type How = keyof typeof POLICIES;

/** The same numbers from 0 to below `n` for the same seed. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}
/**
 * A zone of some names: at each something, a cut with or without DS, an alias, a DNAME, a wildcard, or only what lies below. What is below
 * a cut or leads elsewhere nobody could answer.
 */
function madeUp(seed: number): { readonly text: string; readonly asked: readonly (readonly [name: string, type: string])[] } {
  const roll = dice(seed);
  const label = (): string => ['a', 'b', 'ns', 'x-y', 'z9', '*', 'A', '\\032', 'mm'][roll(9)]!;
  const lines = ['@ 60 IN SOA ns host 1 7200 3600 1209600 30', '@ 60 IN NS ns.outside.example.'];
  const names = new Set<string>();
  const cuts: string[] = [];
  const asked: (readonly [string, string])[] = [];
  const isBelow = (name: string): boolean => cuts.some((cut) => name === cut || name.endsWith(`.${cut}`));
  for (let i = 0; i < 16; i++) {
    const name = Array.from({ length: 1 + roll(3) }, label).join('.').toLowerCase();
    // One name has one kind; a star amid labels is left to others.
    if (names.has(name) || /\.\*/.test(name)) continue;
    names.add(name);
    const kind = name.startsWith('*') ? 7 : roll(8);
    if (kind === 0) lines.push(`${name} 60 IN CNAME mm.mm`);
    else if (kind === 1) lines.push(`${name} 60 IN NS ns.outside.example.`);
    else if (kind === 2) lines.push(`${name} 60 IN NS ns.outside.example.`, `${name} 60 IN DS ${i} 13 2 ${'0F'.repeat(32)}`);
    else if (kind === 3) lines.push(`${name} 60 IN DNAME mm.mm`);
    else lines.push(`${name} 60 IN A 192.0.2.${i}`, `${name} ${30 + i} IN TXT "${'t'.repeat(i)}"`);
    if (kind === 1 || kind === 2) cuts.push(name);
    asked.push([name, 'DS'], [name, 'A'], [name, 'TXT'], [`q.${name.replace('*', 'w')}`, 'A']);
  }
  for (const name of ['nothere', 'a.b.c.d', 'zz']) asked.push([name, 'A'], [name, 'MX']);
  const isOurs = ([name, type]: readonly [string, string]): boolean => {
    const above = name.split('.').slice(1).join('.');
    return type === 'DS' && cuts.includes(name) ? !isBelow(above) : !isBelow(name) && !isBelow('mm.mm');
  };
  return { text: `${lines.join('\n')}\n`, asked: asked.filter(isOurs) };
}
/** The line of the zone's first public key. */
const anchorOf = (folder: string, zone: string): string => {
  const name = readdirSync(folder).find((each) => each.startsWith(`K${zone}.+`) && each.endsWith('.key'))!;
  return readFileSync(path.join(folder, name), 'latin1').split('\n').find((line) => !line.startsWith(';'))!;
};
/** Milliseconds: for which somebody stands still, and for which what follows from it lasts. */
const STALL = 500, LATELY = 5000;
/** When this process, which has the server, last stood still. */
class ServerPace {
  stalled = -Infinity;
  constructor(t: TestContext) {
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      if (now - last > STALL) this.stalled = now;
      last = now;
    }, 20);
    t.after(() => clearInterval(timer));
  }
}
/** An Unbound that answers. */
async function unbound(t: TestContext, settings: Omit<Validated, 'port' | 'folder'>, probe: string) {
  const [port, folder] = [await freePort(), scratch(t)];
  const child = startUnbound({ ...settings, port, folder });
  t.after(() => void child.kill('SIGKILL'));
  const options = ['@127.0.0.1', '-p', String(port), '+dnssec', '+tries=2', '+time=5'];
  const ask = (name: string, type: string) => output('dig', [...options, name, type]);
  await until('Unbound', async () => /status: NOERROR/.test(await ask(probe, 'SOA')), () => '');
  return ask;
}
const block = (zone: string, port: number, folder: string, policy: string, more = ''): string =>
  `${zone}:${port} {\nbind 127.0.0.1\ndnssec {\nauto\nkeys ${folder}/keys\n${policy}\n${more}\n}\n`
  + `file ${folder}/${zone} {\nreload 50ms\n}\n}\n`;

test('made-up zones, signed in each way, are secure to Unbound and to delv', { skip: missing('unbound', 'dig', 'delv') }, async (t) => {
  const folder = scratch(t);
  const port = await freePort();
  const zones = (Object.keys(POLICIES) as How[]).flatMap((how, i) => Array.from({ length: 3 }, (_, n) => {
    const zone = `${how}${n}.test`;
    const { text, asked } = madeUp(100 * i + n + 1);
    writeFileSync(path.join(folder, zone), text);
    return { zone, how, asked };
  }));
  const server = await serve(zones.map(({ zone, how }) => block(zone, port, folder, POLICIES[how])).join(''), standard);
  t.after(() => server.close());
  const keys = path.join(folder, 'keys');
  const ask = await unbound(t, { zones: zones.map(({ zone }) => ({ zone, anchor: anchorOf(keys, zone) })), server: port }, 'nsec0.test');
  let secure = 0;
  for (const { zone, how, asked } of zones) {
    const [, , , , flags, protocol, number, ...key] = anchorOf(keys, zone).split(/\s+/);
    const anchor = path.join(folder, `${zone}.anchor`);
    writeFileSync(anchor, `trust-anchors { "${zone}." static-key ${[flags, protocol, number].join(' ')} "${key.join('')}"; };\n`);
    for (let at = 0; at < asked.length; at += 8) {
      await Promise.all(asked.slice(at, at + 8).map(async ([name, type]) => {
        const text = await ask(`${name}.${zone}`, type);
        const what = `${name}.${zone} ${type}\n${readFileSync(path.join(folder, zone), 'utf8')}\n${text}`;
        assert.match(text, /status: (NOERROR|NXDOMAIN)/, what);
        const isSecure = /flags:[^;]* ad\b/.test(text);
        secure += isSecure ? 1 : 0;
        // An opt-out proof says that there may be a delegation that nobody signed (RFC 5155 section 9.2).
        assert.ok(isSecure || how === 'optout', what);
      }));
    }
    for (const [name, type] of [['', 'SOA'], ['', 'DNSKEY'], ['nothere.', 'A'], ['', 'MX']] as const) {
      const text = await output('delv', ['@127.0.0.1', '-p', String(port), '-a', anchor, `+root=${zone}`, `${name}${zone}`, type]);
      if (how !== 'optout' || name === '') assert.match(text, /fully validated/, `${name}${zone} ${type}: ${text}`);
    }
  }
  assert.ok(secure > 100, `${secure} answers were secure`);
});

test('Unbound below a signed parent believes every answer while keys are rolled', { skip: missing('unbound', 'dig') }, async (t) => {
  const folder = scratch(t);
  const port = await freePort();
  const parent = (serial: number, ds: readonly string[]): void => {
    const text = `@ 1 IN SOA ns host ${serial} 60 60 600 1\n@ 1 IN NS ns\nns 1 IN A 127.0.0.1\nc 1 IN NS ns.c\nns.c 1 IN A 127.0.0.1\n`;
    writeFileSync(path.join(folder, 'new'), `${text}${ds.map((data) => `c 1 IN DS ${data}\n`).join('')}`);
    renameSync(path.join(folder, 'new'), path.join(folder, 'p.test'));
  };
  parent(1, []);
  const child = '@ 1 IN SOA ns host 1 60 60 600 1\n@ 1 IN NS ns\nns 1 IN A 127.0.0.1\n*.w 1 IN A 192.0.2.1\n';
  writeFileSync(path.join(folder, 'c.p.test'), child);
  const times = 'ttl 1s\npropagation 1s\nparent_propagation 1s\nparent_ttl 1s';
  const blocks = (roles: string): string => `${block('p.test', port, folder, '')}${
    block('c.p.test', port, folder, `policy {\n${roles}\n${times}\n}`, `parent 127.0.0.1:${port}`)}`;
  const server = await serve(blocks('csk'), standard);
  t.after(() => server.close());
  const keys = path.join(folder, 'keys');
  const zones = [{ zone: 'p.test', anchor: anchorOf(keys, 'p.test') }, { zone: 'c.p.test', anchor: undefined }];
  const ask = await unbound(t, { zones, server: port, bogusTtl: 0 }, 'p.test');
  const zone = Name.parse('c.p.test.');
  const pace = new ServerPace(t);
  let [serial, shown, looks] = [1, '', 0];
  /** The parent takes what it is asked for, and a validator looks at all kinds of answers. */
  const look = async (): Promise<boolean> => {
    const dig = (...words: readonly string[]) => output('dig', ['@127.0.0.1', '-p', String(port), '+short', ...words]);
    const cds = (await dig('c.p.test', 'CDS')).trim().split('\n').filter((line) => /^\d+ \d+ \d/.test(line)).sort();
    if (cds.length > 0 && cds.join() !== shown) parent(++serial, cds);
    shown = cds.length > 0 ? cds.join() : shown;
    const isSigned = shown !== '' && (await dig('c.p.test', 'DS')).trim() !== '';
    const [there, not] = [`x${looks}.w.c.p.test`, `no${looks++}.c.p.test`];
    for (const [name, type] of [[there, 'A'], ['c.p.test', 'SOA'], [not, 'A'], ['c.p.test', 'DNSKEY']] as const) {
      const sent = performance.now();
      const text = await ask(name, type);
      // Where somebody stood still for half of the second that is waited for, that second was none: of this answer nothing is known.
      const isKnown = performance.now() - sent < STALL && performance.now() - pace.stalled > LATELY;
      if (isKnown) assert.match(text, /status: (NOERROR|NXDOMAIN)/, `${name} ${type}: ${text}\n${server.log()}`);
      secure += /flags:[^;]* ad\b/.test(text) ? 1 : 0;
    }
    return isSigned;
  };
  let secure = 0;
  const settled = async (what: string, roles: string, isNew: (files: string) => boolean): Promise<void> => {
    const before = secure;
    await until(what, async () => {
      await look();
      const { keys: all } = parseState(zone, readFileSync(path.join(keys, 'Kc.p.test.state'), 'latin1'));
      return all.map((key) => `${key.role} ${stageOf(key)}`).sort().join() === roles && isNew(all.map(({ file }) => file).join());
    }, () => server.log());
    // How many there are in the meantime is the machine's.
    await look();
    assert.ok(secure > before, `no answer was secure until there was ${what}`);
  };
  await settled('a first key', 'csk active', () => true);
  let files = '';
  const noted = (now: string): boolean => now !== files && (files = now) !== '';
  noted(readdirSync(keys).filter((name) => /^Kc\.p.*\.key$/.test(name)).map((name) => name.slice(0, -4)).join());
  await putOrder(keys, zone, ['roll'], 'one');
  await settled('another CSK', 'csk active', noted);
  await server.replace(blocks('ksk\nzsk'));
  await settled('KSK and ZSK', 'ksk active,zsk active', noted);
  await putOrder(keys, zone, ['roll', 'zsk'], 'two');
  await settled('another ZSK', 'ksk active,zsk active', noted);
  await server.replace(blocks('csk\nalgorithm ED25519'));
  await settled('another algorithm', 'csk active', noted);
});
