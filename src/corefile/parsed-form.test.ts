// The digests that CoreDNS 1.15.0 logged of these Corefiles.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseCorefile } from './parse.ts';
import { parsedForm } from './parsed-form.ts';

const files = {
  absolute: (path: string) => (path.startsWith('/') ? path : `/tmp/${path}`),
  read: () => '\n\ncache {$TTL} {\n success 100\n}\n',
  glob: (pattern: string) => [pattern],
};
const digest = (text: string) => createHash('sha512')
  .update(parsedForm(parseCorefile(text, { file: 'Corefile', environment: () => '33', files }).blocks, 'Corefile')).digest('hex');

test('words with their lines, braces among them', () => {
  const text = '.:21099 {\n    bind 127.0.0.1\n    cache 30 {\n        success 100\n    }\n    reload\n    whoami\n}\n';
  assert.equal(digest(text),
    'f8fce7b16a932b7bb3fce9248843b14be81ef5cd3ef32aca89f804a19d8253e9'
    + 'c3a81b9dacb653f44fd07e1279b0b9108612cdf71aa0dcb5ec8a16de3fc0e4ff');
});

test('snippets, imported files, the environment, and what JSON of Go escapes', () => {
  const text = '(snip) {\n    errors\n}\n.:21099 {\n    bind 127.0.0.1\n    import snip\n    import /tmp/more.conf\n'
    + '    whoami\n    reload\n    log . "<{remote}> & {name}"\n}\n';
  assert.equal(digest(text),
    '2aef21ec38b495d16a3e8a3609e6af937f8970d6163f64521f0884fd03e68378'
    + 'eb2bafdc9d9c5497b5578f5e2844a880bb8989811adad0b36d89c4651d2152a0');
});
