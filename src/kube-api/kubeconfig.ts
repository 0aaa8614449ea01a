// A kubeconfig file: which cluster and which user a context names, checked as client-go checks them and said in its words. Knows the
// file's form; opens no connection.
import { dirname, resolve } from 'node:path';
import { fileError } from '../wording/errno.ts';
import { quoted } from '../wording/quote.ts';
import { ApiError, clientRefused } from './api-error.ts';
import { isPem, type PemSource } from './certificates.ts';
import type { ExecPlugin } from './exec-credential.ts';
import { fileContent } from './file-content.ts';

/** What a context of the file leads to. */
export interface Kubeconfig {
  readonly server: string;
  /** `proxy-url`: it wins over the environment. */
  readonly proxy: string | undefined;
  readonly ca: PemSource | undefined;
  readonly serverName: string | undefined;
  readonly insecure: boolean;
  readonly certificate: PemSource | undefined;
  readonly key: PemSource | undefined;
  readonly tokenFile: string | undefined;
  readonly token: string | undefined;
  readonly username: string | undefined;
  readonly password: string;
  readonly exec: ExecPlugin | undefined;
  /** What is odd, but no reason to refuse it. */
  readonly warnings: readonly string[];
}

type Fields = { readonly [field: string]: unknown };
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Fields : {});
const refuse = (text: string) => new ApiError('configuration', text);

/** Reads the file and follows `context`, or the current one of the file. Rejects with ApiError `configuration`. */
export async function readKubeconfig(file: string, context: string | undefined): Promise<Kubeconfig> {
  const root = await load(file);
  return new ContextReader(file, root).follow(context ?? text(root, 'current-context', 'Config', file) ?? '', context !== undefined);
}

async function load(file: string): Promise<Fields> {
  const broken = (why: string) => refuse(`error loading config file ${quoted(file)}: ${why}`);
  let content: string;
  try {
    content = (await fileContent(file)).toString();
  } catch (error) {
    const said = fileError(error, file, 'stat');
    throw said.startsWith('stat ') ? refuse(said) : broken(said);
  }
  const { parseDocument } = await import('yaml');
  const document = parseDocument(content, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw broken(`yaml: line ${content.slice(0, error.pos[0]).split('\n').length}: ${error.message}`);
  }
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw broken(`yaml: ${(cause as Error).message}`);
  }
  if (root === null || root === undefined) return {};
  if (typeof root !== 'object' || Array.isArray(root)) throw broken("couldn't get version/kind: it is no object");
  const { apiVersion = 'v1', kind = 'Config' } = root as Fields;
  if (apiVersion !== 'v1' || kind !== 'Config') {
    throw broken(`no kind ${quoted(String(kind))} is registered for version ${quoted(String(apiVersion))}`);
  }
  return root as Fields;
}

/** A field that is text; an empty one is as good as none. */
function text(from: Fields, field: string, of: string, file: string): string | undefined {
  const value = from[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw refuse(`error loading config file ${quoted(file)}: ${of}.${field} must be a string`);
  return value;
}

class ContextReader {
  readonly #file: string;
  readonly #root: Fields;
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];

  constructor(file: string, root: Fields) {
    this.#file = file;
    this.#root = root;
  }

  async follow(name: string, asked: boolean): Promise<Kubeconfig> {
    const context = this.#named('contexts', 'context', name);
    if (context === undefined && asked) throw refuse(`context ${quoted(name)} does not exist`);
    if (context === undefined && name !== '') this.#problems.push(`context was not found for specified context: ${name}`);
    const clusterName = this.#text(context ?? {}, 'cluster', 'Context') ?? '';
    const userName = this.#text(context ?? {}, 'user', 'Context') ?? '';
    const cluster = this.#named('clusters', 'cluster', clusterName);
    const user = this.#named('users', 'user', userName);
    if (userName !== '' && user === undefined) {
      this.#warnings.push(`${this.#file}: context ${quoted(name)} names user ${quoted(userName)}, `
        + 'which is not there: asking anonymously');
    }
    if (cluster === undefined && this.#problems.length === 0) {
      const why = name === '' ? 'current-context is empty and no context is named'
        : `context ${quoted(name)} names cluster ${quoted(clusterName)}, which is not there`;
      throw refuse('invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable '
        + `(${this.#file}: ${why})`);
    }
    const made = { ...await this.#user(user ?? {}, userName, cluster ?? {}), ...await this.#cluster(cluster ?? {}, clusterName) };
    if (this.#problems.length > 0) {
      throw refuse(`invalid configuration: ${this.#problems.length === 1 ? this.#problems[0] : `[${this.#problems.join(', ')}]`}`);
    }
    return { ...made, warnings: this.#warnings };
  }

  async #cluster(cluster: Fields, name: string) {
    const server = this.#text(cluster, 'server', 'Cluster');
    if (server === undefined) {
      this.#problems.push(name === '' ? 'cluster has no server defined' : `no server found for cluster ${quoted(name)}`);
    }
    const proxy = this.#text(cluster, 'proxy-url', 'Cluster');
    if (proxy !== undefined && !/^http:\/\/[^\s/]+\/?$/i.test(proxy)) {
      this.#problems.push(`invalid 'proxy-url' ${quoted(proxy)} for cluster ${quoted(name)}: it is no http:// URL`);
    }
    const ca = this.#pem(cluster, 'certificate-authority', 'Cluster');
    await this.#readable(ca, 'certificate-authority', name);
    const insecure = cluster['insecure-skip-tls-verify'] === true;
    if (insecure && ca !== undefined) {
      throw clientRefused('specifying a root certificates file with the insecure flag is not allowed');
    }
    if (ca !== undefined && 'pem' in ca && !isPem(ca.pem)) {
      throw clientRefused('unable to load root certificates: unable to parse bytes as PEM block');
    }
    return { server: server ?? '', proxy, ca, insecure, serverName: this.#text(cluster, 'tls-server-name', 'Cluster') };
  }

  async #user(user: Fields, name: string, cluster: Fields) {
    const token = this.#text(user, 'token', 'AuthInfo');
    const tokenFile = this.#text(user, 'tokenFile', 'AuthInfo');
    const username = this.#text(user, 'username', 'AuthInfo');
    const password = this.#text(user, 'password', 'AuthInfo');
    const certificate = this.#pem(user, 'client-certificate', 'AuthInfo');
    const key = this.#pem(user, 'client-key', 'AuthInfo');
    if (certificate !== undefined) {
      if (key === undefined) {
        this.#problems.push(`client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`);
      }
      await this.#readable(certificate, 'client-cert', name);
      await this.#readable(key, 'client-key', name);
    }
    const exec = user['exec'] === undefined || user['exec'] === null ? undefined : this.#exec(fields(user['exec']), name, cluster);
    if (token !== undefined && (username ?? password) !== undefined) {
      this.#problems.push(`more than one authentication method found for ${name}; found [token basicAuth], only one is allowed`);
    }
    for (const field of ['as', 'as-uid', 'as-groups', 'as-user-extra']) {
      if (user[field] !== undefined && user[field] !== null) this.#problems.push(`impersonation is not supported: ${field} of ${name}`);
    }
    const provider = this.#text(fields(user['auth-provider']), 'name', 'AuthProviderConfig');
    if (provider !== undefined) throw clientRefused(`no Auth Provider found for name ${quoted(provider)}`);
    return {
      token, tokenFile: tokenFile === undefined ? undefined : this.#beside(tokenFile), certificate, key, exec,
      username: username ?? (password === undefined ? undefined : ''), password: password ?? '',
    };
  }

  #exec(exec: Fields, name: string, cluster: Fields): ExecPlugin {
    const apiVersion = this.#text(exec, 'apiVersion', 'ExecConfig');
    const command = this.#text(exec, 'command', 'ExecConfig');
    const mode = this.#text(exec, 'interactiveMode', 'ExecConfig');
    const lacks = (what: string) => this.#problems.push(`${what} must be specified for ${name} to use exec authentication plugin`);
    if (command === undefined) lacks('command');
    if (apiVersion === undefined) lacks('apiVersion');
    // v1beta1 is said to be "IfAvailable" where it says nothing.
    if (mode === undefined && apiVersion !== 'client.authentication.k8s.io/v1beta1') lacks('interactiveMode');
    if (mode !== undefined && !['Never', 'IfAvailable', 'Always'].includes(mode)) {
      this.#problems.push(`invalid interactiveMode for ${name}: ${quoted(mode)}`);
    }
    if (apiVersion !== undefined && !/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
      throw clientRefused(`exec plugin: invalid apiVersion ${quoted(apiVersion)}`);
    }
    if (mode === 'Always') this.#problems.push(`exec authentication plugin of ${name} wants a terminal (interactiveMode Always)`);
    const list = (value: unknown) => (Array.isArray(value) ? value as unknown[] : []);
    const env = list(exec['env']).map((each) => {
      const variable = this.#text(fields(each), 'name', 'ExecEnvVar');
      if (variable === undefined) lacks('env variable name');
      return [variable ?? '', this.#text(fields(each), 'value', 'ExecEnvVar') ?? ''] as const;
    });
    const { server, 'certificate-authority-data': ca, 'tls-server-name': serverName, 'insecure-skip-tls-verify': insecure } = cluster;
    const told = { server, 'tls-server-name': serverName, 'insecure-skip-tls-verify': insecure, 'certificate-authority-data': ca };
    return {
      apiVersion: apiVersion ?? '', command: this.#command(command ?? ''),
      args: list(exec['args']).map(String), env: Object.fromEntries(env),
      installHint: this.#text(exec, 'installHint', 'ExecConfig'), cluster: exec['provideClusterInfo'] === true ? told : undefined,
    };
  }

  /** A command with a slash in it lies beside the file, another one on the path. */
  #command(command: string): string {
    return command.includes('/') ? this.#beside(command) : command;
  }
  /** `data` wins over the file, as in client-go. */
  #pem(from: Fields, field: string, of: string): PemSource | undefined {
    const data = this.#text(from, `${field}-data`, of);
    const file = this.#text(from, field, of);
    if (data === undefined) return file === undefined ? undefined : { file: this.#beside(file) };
    const wrong = /[^A-Za-z0-9+/=\r\n]/.exec(data)?.index ?? (data.replace(/\s/g, '').length % 4 === 0 ? -1 : data.length);
    if (wrong >= 0) throw refuse(`error loading config file ${quoted(this.#file)}: illegal base64 data at input byte ${wrong}`);
    return { pem: Buffer.from(data, 'base64').toString('utf8') };
  }
  async #readable(source: PemSource | undefined, what: string, name: string): Promise<void> {
    if (source === undefined || 'pem' in source) return;
    await fileContent(source.file).catch((error: unknown) => {
      this.#problems.push(`unable to read ${what} ${source.file} for ${name} due to ${fileError(error, source.file)}`);
    });
  }
  #beside(path: string): string {
    return resolve(dirname(this.#file), path);
  }
  #named(list: string, field: string, name: string): Fields | undefined {
    const all = this.#root[list] ?? [];
    if (!Array.isArray(all)) throw refuse(`error loading config file ${quoted(this.#file)}: Config.${list} must be a list`);
    const found = all.map(fields).find((each) => each['name'] === name);
    return found === undefined || found[field] === undefined || found[field] === null ? undefined : fields(found[field]);
  }
  #text(from: Fields, field: string, of: string): string | undefined {
    return text(from, field, of, this.#file);
  }
}
