// Any bytes as a file in which keys of an etcd were kept: taken over, or refused with its own error. Knows the reader alone.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { fc } from '../../src/testing/properties.ts';
import { SnapshotError, readSnapshot } from '../../src/plugins/etcd/snapshot-format.ts';
import { target } from './target.ts';

const MAGIC = Buffer.from('coredns-ts keys of etcd 1\n{"prefix":"/s/","contact":1}\n');
const body = fc.uint8Array({ maxLength: 80 });

/** Bytes of any kind, some of them under a right digest: what is read is of the prefix, and reading ends. */
export const etcdSnapshot = target('etcd-snapshot', 1500, fc.tuple(body, fc.constantFrom('bare', 'headed', 'sealed')), ([bytes, how]) => {
  const whole = how === 'bare' ? Buffer.from(bytes) : Buffer.concat([MAGIC, bytes]);
  const file = how === 'sealed' ? Buffer.concat([whole, createHash('sha256').update(whole).digest()]) : whole;
  try {
    for (const { key } of readSnapshot(file, '/s/').keys) assert.ok(key.startsWith('/s/'));
  } catch (error) {
    assert.ok(error instanceof SnapshotError, String(error));
  }
});
