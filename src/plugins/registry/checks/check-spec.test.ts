// What is said of checks: what it means in numbers, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOf } from './check-spec.ts';

test('what is not said is the usual', () => {
  assert.deepEqual(checkOf({ tcp: true }), { kind: 'tcp', what: '', every: 10_000, timeout: 2000, fail: 3, pass: 1 });
  assert.deepEqual(checkOf({ http: '/healthz', port: 'http', every: '500ms', fail: 5, pass: 2 }),
    { kind: 'http', what: '/healthz', every: 500, timeout: 500, fail: 5, pass: 2 });
  assert.deepEqual(checkOf({ grpc: '', every: '1m', timeout: '10s' }),
    { kind: 'grpc', what: '', every: 60_000, timeout: 10_000, fail: 3, pass: 1 });
});

test('what cannot be done is refused, with the field and the cure', () => {
  const cases = [
    [{}, 'check', 'it has none'], [{ tcp: true, dns: 'a.test' }, 'check', 'it has tcp and dns'],
    [{ tcp: true, every: '100ms' }, 'check.every', 'it is "100ms"'], [{ tcp: true, every: '61m' }, 'check.every', 'it is "61m"'],
    [{ tcp: true, every: '1s', timeout: '2s' }, 'check.timeout', 'it is longer than from one look to the next'],
  ] as const;
  for (const [spec, field, wrong] of cases) {
    const { cure, ...said } = checkOf(spec) as { field: string; wrong: string; cure: string };
    assert.deepEqual(said, { field, wrong });
    assert.notEqual(cure, '');
  }
});
