// The file of `prometheus { tls FILE }` (PROM-1, PROM-6): Prometheus's own web configuration. Knows its words, and which of them are not
// taken; opens nothing but what it is handed.
import { dirname, join } from 'node:path';
import type { Cryptography, Pair, Pem } from '../../secure/pair.ts';
import { readPair } from '../../secure/pair.ts';
import type { PairFiles } from '../../secure/pair-files.ts';
import type { ClientAuth, LeastVersion } from '../../secure/server-tls.ts';

/** How Prometheus calls what is asked of clients. */
const CLIENT_AUTH: { readonly [word: string]: ClientAuth } = {
  '': 'nocert', NoClientCert: 'nocert', RequestClientCert: 'request', RequireAnyClientCert: 'require', RequireClientCert: 'require',
  VerifyClientCertIfGiven: 'verify_if_given', RequireAndVerifyClientCert: 'require_and_verify',
};
const VERSIONS: { readonly [word: string]: LeastVersion } = { '': 'TLSv1.2', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' };
const KNOWN: ReadonlySet<string> = new Set([
  'cert_file', 'key_file', 'client_ca_file', 'client_auth_type', 'min_version', 'max_version', 'prefer_server_cipher_suites',
]);

/** What the endpoint is served with. */
export interface WebTls {
  readonly files: PairFiles;
  readonly first: Pair;
  readonly clientAuth: ClientAuth;
  readonly leastVersion: LeastVersion;
}
/** What it is read with: YAML, the contents of a file, cryptography. */
export interface WebConfigParts {
  readonly parse: (text: string) => unknown;
  readonly read: (path: string) => string;
  readonly cryptography: Cryptography;
}
type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown, what: string): Fields => {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${what} is no mapping`);
  return value as Fields;
};
function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (value !== undefined && value !== null && typeof value !== 'string') throw new Error(`${key} is no text`);
  return value ?? '';
}
function one<T>(words: { readonly [word: string]: T }, word: string, what: string): T {
  if (!Object.hasOwn(words, word)) throw new Error(`Invalid ${what}: ${word}`);
  return words[word]!;
}

/** Reads the file at a path; undefined where it asks for no TLS. Throws Error with what is wrong with it. */
export function readWebConfig(path: string, { parse, read, cryptography }: WebConfigParts): WebTls | undefined {
  const all = fieldsOf(parse(read(path)), 'the web config');
  for (const key of Object.keys(all)) {
    // Whoever wants passwords must not be shown without.
    if (key === 'basic_auth_users') throw new Error('basic_auth_users is not taken here: ask clients for certificates');
    if (key !== 'tls_server_config' && key !== 'http_server_config') throw new Error(`field ${key} not found`);
  }
  if (all['tls_server_config'] === undefined) return undefined;
  const tls = fieldsOf(all['tls_server_config'], 'tls_server_config');
  for (const key of Object.keys(tls)) if (!KNOWN.has(key)) throw new Error(`field ${key} of tls_server_config is not taken here`);
  const absolute = (file: string): string => (file === '' || file.startsWith('/') ? file : join(dirname(path), file));
  const [cert, key, ca] = ['cert_file', 'key_file', 'client_ca_file'].map((each) => absolute(text(tls, each)));
  if (cert === '') throw new Error('missing cert_file');
  if (key === '') throw new Error('missing key_file');
  const clientAuth = one(CLIENT_AUTH, text(tls, 'client_auth_type'), 'ClientAuth');
  const verifies = clientAuth === 'verify_if_given' || clientAuth === 'require_and_verify';
  if (verifies && ca === '') throw new Error("client_auth_type wants a client_ca_file: no client's certificate could be verified");
  if (ca !== '' && clientAuth === 'nocert') throw new Error('Client CA\'s have been configured without a Client Auth Policy');
  const pem: Pem = { cert: read(cert!), key: read(key!), ca: ca === '' ? undefined : read(ca!) };
  return {
    files: { cert: cert!, key: key!, ca: ca === '' ? undefined : ca }, first: readPair(pem, cryptography), clientAuth,
    leastVersion: one(VERSIONS, text(tls, 'min_version'), 'TLS version'),
  };
}
