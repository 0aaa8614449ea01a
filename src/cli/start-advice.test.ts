// Help for a start that failed at what only the machine knows: what was looked up, and who is silent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAdvice } from './start-advice.ts';

const attempt = (text: string) => ({ file: 'Corefile', text, port: 53, own: undefined });

test('resolvers that do not answer are told as such, and a property that was looked up as one', async () => {
  const text = '. {\n forward . dns.example max_fails 3\n}\n';
  assert.deepEqual(await startAdvice('plugin/forward: failed to resolve "dns.example": lookup dns.example: EAI_AGAIN', attempt(text)),
    ['the resolvers of this machine do not answer: see /etc/resolv.conf']);
  const [help, silent] = await startAdvice('plugin/forward: failed to resolve "max_fails": lookup max_fails: EAI_AGAIN', attempt(text));
  assert.match(help!, /^max_fails is a property: it stands in braces/);
  assert.match(silent!, /^the resolvers of this machine/);
});

test('nothing is said where nothing is known', async () => {
  assert.deepEqual(await startAdvice('something else', attempt('. {\n whoami\n}\n')), []);
});
