// How an API is reached and who we are there, from what the Corefile says: in the cluster, at an endpoint, or by a kubeconfig. Knows the
// three ways; opens no connection.
import type { Clock } from '../kernel/clock.ts';
import { ApiError } from './api-error.ts';
import { contents, isPem, PLAIN_TLS, type PemSource, type TlsSettings } from './certificates.ts';
import { basic, bearer, type CredentialSource, fixedCredential, TokenFile } from './credentials.ts';
import { type Endpoint, readEndpoint } from './endpoint.ts';
import { ExecCredential } from './exec-credential.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { type Proxy, proxyFor, readProxy } from './proxy.ts';

/** What a Corefile says of an API. Paths are ready to be opened. */
export interface ApiOptions {
  /** `endpoint`: the first of them. */
  readonly endpoint?: string;
  /** `tls CERT KEY CACERT`; counts with `endpoint` alone. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca: string };
  /** `kubeconfig FILE [CONTEXT]`: wins over `endpoint`. */
  readonly kubeconfig?: { readonly file: string; readonly context?: string };
  readonly limits?: RequestLimits;
}
/** `apiserver_qps`, `apiserver_burst`, `apiserver_max_inflight`: what is undefined or not positive is 5, 10 and no limit. */
export interface RequestLimits {
  readonly qps?: number;
  readonly burst?: number;
  readonly maxInflight?: number;
}
/** What of the machine counts: a test gives another one. */
export interface Surroundings {
  readonly clock: Clock;
  readonly environment: { readonly [name: string]: string | undefined };
  /** What stands before `/var/run/secrets`; empty for the machine's own. */
  readonly root: string;
}
/** An API, ready to be asked. */
export interface ApiConfig {
  readonly endpoint: Endpoint;
  readonly tls: TlsSettings;
  readonly credentials: CredentialSource;
  readonly limits: RequestLimits;
  /** What is asked in its place, where the environment or a kubeconfig says so. */
  readonly proxy?: Proxy | undefined;
  /** To be logged once. */
  readonly warnings: readonly string[];
}

/** Where a pod finds who it is. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads what the options name. Rejects with ApiError `configuration`, in CoreDNS's words. */
export async function readApiConfig(options: ApiOptions, surroundings: Surroundings): Promise<ApiConfig> {
  const { kubeconfig, endpoint, tls, limits = {} } = options;
  try {
    const found: Found = kubeconfig !== undefined ? await fromKubeconfig(kubeconfig, surroundings)
      : endpoint !== undefined ? await atEndpoint(endpoint, tls) : await inCluster(surroundings);
    return { ...found, proxy: found.proxy ?? proxyFor(found.endpoint, surroundings.environment), limits };
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'credentials') throw new ApiError('configuration', error.message);
    throw error;
  }
}

type Found = Omit<ApiConfig, 'limits'>;

async function inCluster({ environment, root, clock }: Surroundings): Promise<Found> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment;
  if (host === '' || port === '') {
    throw new ApiError('configuration',
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined');
  }
  const credentials = new TokenFile(`${root}${ACCOUNT}/token`, clock);
  await credentials.get();
  const ca: PemSource = { file: `${root}${ACCOUNT}/ca.crt` };
  const problem = await contents(ca).then((pem) => (isPem(pem!) ? undefined : 'data does not contain any valid RSA or ECDSA certificates'),
    (error: Error) => error.message);
  return {
    endpoint: readEndpoint(`https://${host.includes(':') ? `[${host}]` : host}:${port}`, true), credentials,
    tls: { ...PLAIN_TLS, ca: problem === undefined ? ca : undefined },
    warnings: problem === undefined ? [] : [`Expected to load root CA config from ${ca.file}, but got err: ${problem}`],
  };
}

async function atEndpoint(url: string, files: ApiOptions['tls']): Promise<Found> {
  const problems: string[] = [];
  const source = async (file: string | undefined, what: string): Promise<PemSource | undefined> => {
    if (file === undefined || file === '') return undefined;
    await contents({ file }).catch((error: Error) => problems.push(`unable to read ${what} ${file} for  due to ${error.message}`));
    return { file };
  };
  const certificate = await source(files?.certificate, 'client-cert');
  const key = await source(files?.key, 'client-key');
  const ca = await source(files?.ca, 'certificate-authority');
  if (certificate !== undefined && key === undefined) {
    problems.push('client-key-data or client-key must be specified for  to use the clientCert authentication method.');
  }
  if (problems.length > 0) {
    throw new ApiError('configuration', `invalid configuration: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}`);
  }
  return {
    endpoint: readEndpoint(url, certificate !== undefined || ca !== undefined), credentials: fixedCredential({}),
    tls: { ...PLAIN_TLS, certificate, key, ca }, warnings: [],
  };
}

async function fromKubeconfig({ file, context }: NonNullable<ApiOptions['kubeconfig']>, { clock }: Surroundings): Promise<Found> {
  const read = await readKubeconfig(file, context);
  const { ca, certificate, key, serverName, insecure, warnings } = read;
  return {
    endpoint: readEndpoint(read.server, ca !== undefined || certificate !== undefined || insecure),
    credentials: await credentialsOf(read, clock), tls: { ca, certificate, key, serverName, insecure }, warnings,
    proxy: read.proxy === undefined ? undefined : readProxy(read.proxy),
  };
}

/** A file wins over a token that stands beside it, as in client-go; a command counts where there is neither. */
async function credentialsOf(read: Awaited<ReturnType<typeof readKubeconfig>>, clock: Clock): Promise<CredentialSource> {
  const { tokenFile, token, username, password, exec } = read;
  if (tokenFile !== undefined) {
    const file = new TokenFile(tokenFile, clock);
    await file.get();
    return file;
  }
  if (token !== undefined) return fixedCredential(bearer(token));
  if (username !== undefined) return fixedCredential(basic(username, password));
  return exec === undefined ? fixedCredential({}) : new ExecCredential(exec, clock);
}
