// The three ways to an API, what is wrong with each in CoreDNS's words, and TLS on the way. Knows files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Metrics } from '../kernel/seen/metrics.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { type ApiConfig, type ApiOptions, readApiConfig } from './api-config.ts';
import { fixedCredential } from './credentials.ts';
import { readEndpoint } from './endpoint.ts';
import { Requests } from './requests.ts';

const certificate = (name: string) => fileURLToPath(new URL(`../../test/conformance/certs/${name}.pem`, import.meta.url));
const clock = new FakeClock();
const read = (options: ApiOptions, environment = {}, root = '') => readApiConfig(options, { clock, environment, root });
const refuses = (options: ApiOptions, message: string | RegExp) => assert.rejects(read(options), { kind: 'configuration', message });

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'api-config-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test('in the cluster', async (t) => {
  const root = await folder(t);
  const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  await assert.rejects(read({}), {
    message: 'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
  });
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
  await assert.rejects(read({}, environment, root), { message: `open ${account}/token: no such file or directory` });
  await mkdir(account, { recursive: true });
  await writeFile(join(account, 'token'), 'mine\n');
  const half = await read({}, environment, root);
  assert.match(half.warnings[0]!, /Expected to load root CA config from .*ca\.crt, but got err: open .*: no such file or directory/);
  await writeFile(join(account, 'ca.crt'), readFileSync(certificate('ca')));
  const { endpoint, credentials, tls, warnings } = await read({}, environment, root);
  assert.deepEqual(endpoint, { secure: true, host: 'fd00::1', port: 6443, authority: '[fd00::1]:6443', prefix: '' });
  assert.deepEqual([await credentials.get(), tls.ca, warnings], [{ authorization: 'Bearer mine' }, { file: join(account, 'ca.crt') }, []]);
});

test('an endpoint', async () => {
  assert.deepEqual(readEndpoint('localhost:8080', false),
    { secure: false, host: 'localhost', port: 8080, authority: 'localhost:8080', prefix: '' });
  assert.deepEqual(readEndpoint('https://api/clusters/one/', false),
    { secure: true, host: 'api', port: 443, authority: 'api', prefix: '/clusters/one' });
  assert.equal(readEndpoint('localhost:8080', true).secure, true);
  for (const text of ['http://a b', 'http://[::1', '127.0.0.1:1/x', '', 'http://a:65536', 'http://u@a']) {
    assert.throws(() => readEndpoint(text, false), { kind: 'configuration', message: /host must be a URL or a host:port pair/ }, text);
  }
  await refuses({ endpoint: 'ftp://a' }, 'unsupported protocol scheme "ftp" in "ftp://a"');
  await refuses({ endpoint: 'https://a', tls: { certificate: 'nocert', key: 'nokey', ca: 'noca' } }, 'invalid configuration: ['
    + 'unable to read client-cert nocert for  due to open nocert: no such file or directory, '
    + 'unable to read client-key nokey for  due to open nokey: no such file or directory, '
    + 'unable to read certificate-authority noca for  due to open noca: no such file or directory]');
});

const CONFIG = `apiVersion: v1
kind: Config
current-context: main
clusters:
- {name: c, cluster: {server: "https://127.0.0.1:1"}}
- {name: noserver, cluster: {server: ""}}
- {name: badca, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: AAAA}}
- {name: insecure, cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true, certificate-authority-data: AAAA}}
- {name: proxy, cluster: {server: "https://127.0.0.1:1", proxy-url: "socks5://127.0.0.1:3128"}}
- {name: named, cluster: {server: "https://127.0.0.1:1", tls-server-name: api.example, certificate-authority: ca.pem}}
users:
- {name: u, user: {token: t}}
- {name: both, user: {token: t, username: a, password: b}}
- {name: basic, user: {username: a, password: b}}
- {name: keyless, user: {client-certificate-data: AAAA}}
- {name: actor, user: {token: t, as: other}}
- {name: file, user: {tokenFile: nofile}}
- {name: provider, user: {auth-provider: {name: gcp}}}
- {name: exec, user: {exec: {command: x}}}
- {name: alpha, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x, interactiveMode: Never}}}
- {name: odd, user: {client-certificate-data: "%%%"}}
contexts:
- {name: main, context: {cluster: c, user: u}}
- {name: lost, context: {cluster: zz, user: u}}
- {name: nobody, context: {cluster: c, user: zz}}
${['noserver', 'badca', 'insecure', 'proxy', 'named'].map((name) => `- {name: ${name}, context: {cluster: ${name}, user: u}}`).join('\n')}
${['both', 'actor', 'basic', 'keyless', 'file', 'provider', 'exec', 'alpha', 'odd'].map((name) =>
    `- {name: ${name}, context: {cluster: c, user: ${name}}}`).join('\n')}
`;

test('a kubeconfig: what its contexts lead to', async (t) => {
  const path = await folder(t);
  const file = join(path, 'config');
  await writeFile(file, CONFIG);
  const main = await read({ kubeconfig: { file } });
  assert.deepEqual([main.endpoint.authority, await main.credentials.get(), main.warnings],
    ['127.0.0.1:1', { authorization: 'Bearer t' }, []]);
  assert.deepEqual(await (await read({ kubeconfig: { file, context: 'basic' } })).credentials.get(), { authorization: 'Basic YTpi' });
  assert.match((await read({ kubeconfig: { file, context: 'nobody' } })).warnings[0]!, /names user "zz", which is not there/);
  await refuses({ kubeconfig: { file, context: 'named' } },
    `invalid configuration: unable to read certificate-authority ${path}/ca.pem for named due to open ${path}/ca.pem: `
    + 'no such file or directory');
  await writeFile(join(path, 'ca.pem'), readFileSync(certificate('ca')));
  assert.deepEqual((await read({ kubeconfig: { file, context: 'named' } })).tls,
    { ca: { file: join(path, 'ca.pem') }, certificate: undefined, key: undefined, serverName: 'api.example', insecure: false });
});

test('a kubeconfig: what is wrong with it', async (t) => {
  const path = await folder(t);
  const file = join(path, 'config');
  await writeFile(file, CONFIG);
  const invalid = 'invalid configuration: ';
  const failed = 'failed to create kubernetes notification controller: ';
  for (const [context, message] of Object.entries({
    missing: 'context "missing" does not exist',
    lost: new RegExp(`^${invalid}no configuration has been provided, try setting KUBERNETES_MASTER environment variable .*cluster "zz"`),
    noserver: `${invalid}no server found for cluster "noserver"`,
    badca: `${failed}"unable to load root certificates: unable to parse bytes as PEM block"`,
    insecure: `${failed}"specifying a root certificates file with the insecure flag is not allowed"`,
    proxy: `${invalid}invalid 'proxy-url' "socks5://127.0.0.1:3128" for cluster "proxy": it is no http:// URL`,
    both: `${invalid}more than one authentication method found for both; found [token basicAuth], only one is allowed`,
    actor: `${invalid}impersonation is not supported: as of actor`,
    keyless: `${invalid}client-key-data or client-key must be specified for keyless to use the clientCert authentication method.`,
    file: `open ${path}/nofile: no such file or directory`,
    provider: `${failed}"no Auth Provider found for name \\"gcp\\""`,
    exec: `${invalid}[apiVersion must be specified for exec to use exec authentication plugin, `
      + 'interactiveMode must be specified for exec to use exec authentication plugin]',
    alpha: `${failed}"exec plugin: invalid apiVersion \\"client.authentication.k8s.io/v1alpha1\\""`,
    odd: `error loading config file "${file}": illegal base64 data at input byte 0`,
  })) await refuses({ kubeconfig: { file, context } }, message);
  await refuses({ kubeconfig: { file: 'nowhere' } }, 'stat nowhere: no such file or directory');
  await refuses({ kubeconfig: { file: path } }, `error loading config file "${path}": read ${path}: is a directory`);
  for (const [content, message] of [
    ['a: [b', /^error loading config file ".*": yaml: line 1: /], ['', /no configuration has been provided/], ['text', /it is no object/],
    ['current-context: zz', `${invalid}[context was not found for specified context: zz, cluster has no server defined]`],
    ['apiVersion: v2', /no kind "Config" is registered for version "v2"/], ['clusters: 5', /Config\.clusters must be a list/],
    ['contexts: [{name: 5, context: 7}, null]\ncurrent-context: [1]', /Config\.current-context must be a string/],
  ] as const) {
    await writeFile(file, content);
    await refuses({ kubeconfig: { file } }, message);
  }
});

test('TLS: our certificate is shown, theirs is checked, and its name', async (t) => {
  const [cert, key, ca] = ['cert', 'key', 'ca'].map((name) => readFileSync(certificate(name), 'utf8'));
  const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, (_, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (config: ApiConfig) => {
    let body = '';
    await new Requests(config, clock, new Metrics()).send({
      target: '/version', kind: 'list', limits: { connect: 4000, head: 4000, silence: 4000 },
      opened: () => {}, content: (part) => void (body += part),
    }, new AbortController().signal);
    return body;
  };
  const path = await folder(t);
  const tls = { certificate: join(path, 'cert'), key: certificate('key'), ca: certificate('ca') };
  await writeFile(tls.certificate, cert!);
  const config = await read({ endpoint: `https://127.0.0.1:${port}`, tls });
  assert.equal(await ask(config), '{}');
  assert.equal(await ask({ ...config, tls: { ...config.tls, serverName: 'dns.example.test' } }), '{}');
  assert.equal(await ask({ ...config, tls: { ...config.tls, ca: undefined, insecure: true } }), '{}');
  await assert.rejects(ask({ ...config, tls: { ...config.tls, ca: undefined } }), { kind: 'unreachable', message: /^tls: / });
  await assert.rejects(ask({ ...config, tls: { ...config.tls, serverName: 'other.test' } }),
    { kind: 'unreachable', message: /other\.test/ });
  await assert.rejects(ask({ ...config, tls: { ...config.tls, key: { pem: 'junk' } } }),
    { kind: 'credentials', message: /Loading client cert failed/ });
  await writeFile(tls.certificate, 'rotated badly');
  await assert.rejects(ask(config), { kind: 'credentials', message: /failed to find any PEM data/ }, 'files are read for each connection');
  const shown = { ...config, credentials: fixedCredential({ certificate: cert!, key: key! }) };
  assert.equal(await ask(shown), '{}', 'a certificate that came with the credentials wins');
});
