// Keys of AWS Secrets Manager, from an SDK that the test makes up, and what is said without one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { printPrivateFile, printPublicFile } from '../../dnssec/key-file.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import { InProcess } from '../../testing/in-process.ts';
import { standard } from '../index.ts';
import { fetchSecrets, keysOfSecrets } from './secrets.ts';
import type { SecretsSdk } from './secrets.ts';

const key = generateKey(Name.parse('example.org.'), algorithmNamed('ED25519')!, 257, 300);
const SECRETS: ReadonlyMap<string, string | undefined> = new Map([
  ['good', JSON.stringify({ key: printPublicFile(key, {}), private: printPrivateFile(key, {}) })],
  ['empty', undefined], ['text', 'not JSON'], ['half', JSON.stringify({ key: printPublicFile(key, {}) })],
  ['cut', JSON.stringify({ key: printPublicFile(key, {}), private: printPrivateFile(key, {}).slice(0, 60) })],
]);

/** An SDK that has these secrets. */
async function sdk(): Promise<SecretsSdk> {
  class GetSecretValueCommand {
    readonly id: string;
    constructor({ SecretId }: { readonly SecretId: string }) {
      this.id = SecretId;
    }
  }
  class SecretsManagerClient {
    async send(command: object): Promise<{ SecretString?: string }> {
      const { id } = command as GetSecretValueCommand;
      if (!SECRETS.has(id)) throw new Error("Secrets Manager can't find the specified secret.");
      const text = SECRETS.get(id);
      return text === undefined ? {} : { SecretString: text };
    }
  }
  return { SecretsManagerClient, GetSecretValueCommand };
}

test('a secret has the texts of both files', async () => {
  const names = ['good'];
  const [found] = keysOfSecrets(names, await fetchSecrets(names, sdk));
  assert.deepEqual(found!.data, key.data);
});

test('what is wrong with a secret is said with its name, and without what is in it', async () => {
  await assert.rejects(fetchSecrets(['none'], sdk), /^Error: secret none: Secrets Manager can't find/);
  for (const name of ['empty', 'text', 'half']) {
    const message = `secret ${name}: JSON with "key" and "private", the texts of both files of a key, was expected`;
    await assert.rejects(fetchSecrets([name], sdk), { message });
  }
  const cut = await fetchSecrets(['cut'], sdk);
  assert.throws(() => keysOfSecrets(['cut'], cut), /^KeyFileError: secret cut: private/);
});

test('without the SDK the start is refused, and says what to install', async () => {
  const server = new InProcess(standard);
  try {
    const refusal = await server.start('. {\n    dnssec {\n        key aws_secretsmanager prod/key\n    }\n    whoami\n}\n');
    assert.match(refusal ?? '', /needs the package @aws-sdk\/client-secrets-manager, which is not installed: npm install/);
  } finally {
    await server.close();
  }
});
