// What an ACME server says that it should not, or does not say: each is told in the log, costs no more than a wait, and is over when the
// server is well again.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { scene, started, until } from '../../../testing/acme-scene.ts';
import { FIRST_MOMENT } from '../../../testing/fake-clock.ts';
import type { Asked, MadeAcme, Said } from '../../../testing/made-acme.ts';

const DAY = 86_400_000, MINUTE = 60_000;
const PROBLEM = 'urn:ietf:params:acme:error:';
const when = (word: string, said: Said) => ({ what }: Asked): Said | undefined => (what === word ? said : undefined);
/** What is wrong, and what the log says of it. */
const FAULTS: readonly (readonly [name: string, script: (asked: Asked, acme: MadeAcme) => Said | undefined, told: RegExp])[] = [
  ['a directory that is not there', when('dir', { status: 404, body: '<html>' }), /the directory: HTTP status 404/],
  ['a directory that is none', when('dir', { body: '[1]' }), /no directory of an ACME server/],
  ['a directory without words',
    ({ what }, { url }) => (what === 'dir' ? { body: { newNonce: `${url}/nonce` } } : undefined), /has no "newAccount"/],
  ['a word that is no URL', when('dir', { body: { newNonce: 'file:///etc/passwd', newAccount: 'x' } }), /is no URL that can be asked/],
  ['no nonce', when('nonce', { headers: { 'Replay-Nonce': 'with space' } }), /gives no nonce/],
  ['nonces that are always bad',
    when('account', { status: 400, body: { type: `${PROBLEM}badNonce` } }), /the account: HTTP status 400 badNonce/],
  ['an account that is refused', when('account', { status: 403, body: { type: `${PROBLEM}unauthorized`, detail: 'go\n"away"' } }),
    /the account: HTTP status 403 unauthorized: go\\n"away"/],
  ['an account that is nowhere', when('account', { status: 201 }), /does not say where the account is/],
  ['an account of elsewhere',
    ({ what }, { url }) => (what === 'dir' ? { body: { newNonce: url, meta: { externalAccountRequired: true } } } : undefined),
    /externalAccountRequired/],
  ['an order that is refused',
    when('new', { status: 400, body: {
      type: `${PROBLEM}rejectedIdentifier`, detail: 'no', subproblems: [{ detail: 'never', identifier: { value: 'a.test' } }, 5],
    } }),
    /the order: HTTP status 400 rejectedIdentifier: no \(a\.test: never\)/],
  ['an order that is no JSON', when('new', { body: 'null' }), /the order: the ACME server says what is no JSON object/],
  ['an order that is nowhere', when('new', { body: {} }), /does not say where the order is/],
  ['an order without authorizations',
    ({ what }, { url }) => (what === 'new' ? { body: {}, headers: { Location: url } } : undefined), /gives no "authorizations"/],
  ['a thousand authorizations',
    ({ what }, { url }) => (what === 'new' ? { body: { authorizations: Array(1000).fill(url) }, headers: { Location: url } } : undefined),
    /more proofs than there are names/],
  ['no way to prove',
    when('proof', { body: { status: 'pending', challenges: [null, { type: 'dns-02' }], identifier: { value: 'a.test' } } }),
    /takes no dns-01 for "a\.test"/],
  ['a token that is none',
    when('proof', { body: { status: 'pending', challenges: [{ type: 'dns-01', url: 'x', token: '../x' }] } }),
    /gives a challenge that is none/],
  ['a proof that it does not see', ({ what }, { orders }) => {
    if (what !== 'challenge') return undefined;
    for (const { proofs } of orders) proofs[0] = 'invalid';
    return {};
  },
    /the proof of a\.test: no reason is given/],
  ['a state that nobody knows', when('order', { body: { status: 'sleepy' } }), /the order: it is "sleepy"/],
  ['no certificate', when('cert', { body: '' }), /failed to find any PEM data in certificate input/],
  ['half a certificate',
    ({ what }, { orders }) => (what === 'cert' ? { body: orders[0]!.cert.slice(0, 200) } : undefined), /failed to find any PEM data/],
  ['somebody else\'s certificate',
    ({ what }, { authority }) => (what === 'cert' ? { body: authority.sign({ names: ['a.test'] }).cert } : undefined),
    /private key does not match public key/],
  ['a certificate that has ended', (_, acme) => {
    acme.life = { from: 0, until: FIRST_MOMENT - 1000 };
    return undefined;
  },
    /gave a certificate that has ended at 2025-12-31/],
  ['a reply that is no HTTP', when('order', { status: 200, headers: { 'Transfer-Encoding': 'gzip' } }), /transfer encoding "gzip"/],
  ['a reply that is too long', when('order', { body: 'x'.repeat(100_000) }), /the reply is too long/],
];
for (const [name, script, told] of FAULTS) {
  test(`ACME that says what it should not: ${name}`, async (t) => {
    const all = await scene(t);
    const { acme, folder } = all;
    acme.script = (asked) => script(asked, acme);
    const server = await started(t, all);
    await server.says(/no certificate of a\.test was to be had: /);
    assert.match(server.log(), told);
    // It mends itself once the other side does.
    acme.script = () => undefined;
    acme.life = { from: FIRST_MOMENT - 3600_000, until: FIRST_MOMENT + 90 * DAY };
    await server.says(/is served with from now on/);
    assert.ok(readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('.crt')));
  });
}

test('a nonce that was used up is no failure', async (t) => {
  const all = await scene(t);
  const { acme } = all;
  let refused = 0;
  acme.script = ({ what }) => (what !== 'dir' && what !== 'nonce' && refused++ % 2 === 0
    ? { status: 400, body: { type: `${PROBLEM}badNonce` } } : undefined);
  const server = await started(t, all);
  await server.says(/is served with from now on/);
  assert.doesNotMatch(server.log(), /was to be had/);
});

test('whoever says 429 is not asked before the time that he says; else the waits double, and end at six hours', async (t) => {
  const all = await scene(t);
  const { acme, clock } = all;
  const body = { type: `${PROBLEM}rateLimited` };
  acme.script = when('new', { status: 429, body, headers: { 'Retry-After': '7200' } });
  const server = await started(t, all);
  await server.says(/429 rateLimited; the next try is in [78]\d{3}s/);
  clock.leap(7100_000);
  await clock.elapse(20_000);
  assert.equal(acme.count('new'), 1);
  await until(() => acme.count('new') === 2, acme, clock, server.log, 10_000);
  acme.script = when('dir', { status: 503 });
  const from = acme.count('dir');
  const began = clock.wall();
  await until(() => clock.wall() - began > 3 * DAY, acme, clock, server.log, 10 * MINUTE);
  const times = acme.count('dir') - from;
  assert.ok(times > 10 && times < 24, String(times));
  assert.match(server.log(), /the next try is in 2[1-5]\d{3}s/);
});

test('ACME that never answers, and that never decides, is given up, and no proof stays', async (t) => {
  const all = await scene(t);
  const { acme } = all;
  acme.script = when('new', 'hang');
  const server = await started(t, all);
  await server.says(/\/new: no reply for 30s/);
  acme.script = when('order', { body: { status: 'pending' } });
  await server.says(/the order: the ACME server does not decide within 5 minutes/);
});
