// Tokens that rotate, commands that print them, and a 401 in between, against a scripted API. Knows files and headers.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { ApiError } from './api-error.ts';
import { basic, TokenFile } from './credentials.ts';
import { ExecCredential, readExecCredential } from './exec-credential.ts';
import { client, Told, until } from './scripted-api.test.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'credentials-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}
const V1 = 'client.authentication.k8s.io/v1';

test('a token is read again after a minute, or at once when it was refused', async (t) => {
  const path = join(await folder(t), 'token');
  const clock = new FakeClock();
  const file = new TokenFile(path, clock);
  const token = async () => (await file.get()).authorization;
  await assert.rejects(token(), { kind: 'credentials', message: `open ${path}: no such file or directory` });
  await writeFile(path, 'one\n');
  assert.equal(await token(), 'Bearer one');
  await writeFile(path, 'two');
  await clock.elapse(59_000);
  assert.equal(await token(), 'Bearer one');
  await clock.elapse(1000);
  assert.equal(await token(), 'Bearer two');
  await writeFile(path, 'three');
  file.refused(await file.get());
  assert.equal(await token(), 'Bearer three');
  await rm(path);
  await clock.elapse(120_000);
  assert.equal(await token(), 'Bearer three', 'a file that is gone for a moment takes nothing away');
});

test('a 401 is answered with the fresh token at once, without any wait', async (t) => {
  const path = join(await folder(t), 'token');
  await writeFile(path, 'old');
  const config = join(await folder(t), 'config');
  let good = 'old';
  const answer = await client(t, (asked) => {
    if (asked.request.headers.authorization !== `Bearer ${good}`) return asked.refuse(401);
    asked.open();
    if (asked.query.has('sendInitialEvents')) asked.whole('7');
  }, { kubeconfig: { file: config } }, (port) => writeFile(config, JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { tokenFile: path } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }], 'current-context': 'x',
  })));
  const watch = answer.api.watch({ path: '/api/v1/services' }, new Told());
  await until(() => watch.synced);
  await writeFile(path, 'new');
  good = 'new';
  answer.server.requests[0]!.response.end();
  await answer.server.nth(3);
  assert.deepEqual(answer.server.requests.map(({ request }) => request.headers.authorization), ['Bearer old', 'Bearer old', 'Bearer new']);
  assert.deepEqual(answer.lines, []);
});

test('a command is run once, again when what it said has expired or was refused', async (t) => {
  const path = await folder(t);
  const command = join(path, 'login');
  await writeFile(command, `#!/bin/sh
echo "$KUBERNETES_EXEC_INFO $MORE $1" >> ${path}/calls
n=$(wc -l < ${path}/calls)
echo '{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"t'$n'","expirationTimestamp":"2026-01-01T00:10:00Z"}}'
`);
  await chmod(command, 0o755);
  const clock = new FakeClock();
  const exec = new ExecCredential({
    apiVersion: V1, command, args: ['arg'], env: { MORE: 'more' }, installHint: undefined, cluster: { server: 'https://c' },
  }, clock);
  const [one, two] = await Promise.all([exec.get(), exec.get()]);
  assert.equal(one.authorization, 'Bearer t1');
  assert.equal(two, one);
  assert.equal(await exec.get(), one);
  exec.refused(one);
  assert.equal((await exec.get()).authorization, 'Bearer t2');
  await clock.elapse(600_000);
  assert.equal((await exec.get()).authorization, 'Bearer t3');
  const [call] = (await readFile(join(path, 'calls'), 'utf8')).split('\n');
  assert.equal(call, `{"kind":"ExecCredential","apiVersion":"${V1}",`
    + '"spec":{"interactive":false,"cluster":{"server":"https://c"}}} more arg');
});

test('a command that is not there, or fails', async () => {
  const run = (command: string, args: string[] = []) => new ExecCredential({
    apiVersion: V1, command, args, env: {}, installHint: 'install it', cluster: undefined,
  }, new FakeClock()).get();
  await assert.rejects(run('no-such-command-here'), {
    kind: 'credentials', message: 'getting credentials: exec: executable no-such-command-here not found: install it',
  });
  await assert.rejects(run('sh', ['-c', 'echo why >&2; exit 3']),
    { message: 'getting credentials: exec: executable sh failed with exit code 3 (why)' });
});

test('what a command may print', () => {
  const read = (status: object, version = V1) =>
    readExecCredential(JSON.stringify({ kind: 'ExecCredential', apiVersion: version, status }), V1);
  assert.deepEqual(read({ clientCertificateData: 'c', clientKeyData: 'k' }),
    { credential: { certificate: 'c', key: 'k' }, expires: Infinity });
  const bad = [() => read({}), () => read({ clientKeyData: 'k' }), () => read({ token: 't' }, 'v2'), () => readExecCredential('no', V1)];
  for (const each of bad) {
    assert.throws(each, (error) => error instanceof ApiError && error.kind === 'credentials');
  }
});

test('a password', () => {
  assert.deepEqual(basic('me', 'x:y'), { authorization: 'Basic bWU6eDp5' });
});
