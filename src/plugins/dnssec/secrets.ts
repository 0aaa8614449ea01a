// Keys that AWS Secrets Manager keeps: a secret is JSON with the texts of both files of a key (DSEC-1). The SDK is a package of its own
// that is loaded where a Corefile names a secret. Knows secrets and files; knows no query.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readKeyFiles } from '../../dnssec/key-file.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';

/** The package of the SDK. */
const PACKAGE = '@aws-sdk/client-secrets-manager';

/** What of the SDK is used. */
export interface SecretsSdk {
  readonly SecretsManagerClient: new (options: object) => { send(command: object): Promise<{ readonly SecretString?: string }> };
  readonly GetSecretValueCommand: new (input: { readonly SecretId: string }) => object;
}

/** The SDK, from where this program's packages are or from the current folder. Rejects with a text for people where it is not there. */
async function installed(): Promise<SecretsSdk> {
  for (const base of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href]) {
    try {
      return await import(pathToFileURL(createRequire(base).resolve(PACKAGE)).href) as SecretsSdk;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error(`key aws_secretsmanager needs the package ${PACKAGE}, which is not installed: npm install ${PACKAGE}`);
}

/** The texts of a key, as a secret has them. */
interface SecretKey {
  readonly key: string;
  readonly private: string;
}

/** Asks for each secret; the region and the credentials are the SDK's own to find. Rejects where one is missing or has no key. */
export async function fetchSecrets(names: readonly string[], load: () => Promise<SecretsSdk> = installed): Promise<SecretKey[]> {
  const { SecretsManagerClient, GetSecretValueCommand } = await load();
  const client = new SecretsManagerClient({});
  return Promise.all(names.map(async (name) => {
    let text: string | undefined;
    try {
      ({ SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: name })));
    } catch (error) {
      throw new Error(`secret ${name}: ${(error as Error).message}`, { cause: error });
    }
    return readSecret(name, text ?? '');
  }));
}

function readSecret(name: string, text: string): SecretKey {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    // Said below; the text itself is nobody's to see.
  }
  const { key, private: secret } = (found ?? {}) as Partial<Record<string, unknown>>;
  if (typeof key !== 'string' || typeof secret !== 'string') {
    throw new Error(`secret ${name}: JSON with "key" and "private", the texts of both files of a key, was expected`);
  }
  return { key, private: secret };
}

/** The keys of such texts. Throws KeyFileError, with the name of the secret. */
export const keysOfSecrets = (names: readonly string[], secrets: readonly SecretKey[]): SigningKey[] =>
  secrets.map((secret, i) => readKeyFiles(secret.key, `secret ${names[i]}: key`, secret.private, `secret ${names[i]}: private`).key);
