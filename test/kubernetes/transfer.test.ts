// A transferred zone is the zone that is answered: whatever is in a cluster, each record is in the answer to its own question, and the zone
// is taken by BIND, NSD and Knot. Knows random clusters and what a zone may hold; knows no server.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Computed } from '../../src/authority/computed.ts';
import { Lookup } from '../../src/authority/lookup.ts';
import type { Backend } from '../../src/authority/backend.ts';
import { CLUSTER_SOA } from '../../src/plugins/kubernetes/answers/soa.ts';
import { soaRecord } from '../../src/authority/soa.ts';
import type { ZoneWriter } from '../../src/authority/transfer.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import type { Name } from '../../src/dns/name.ts';
import { printRR } from '../../src/dns/rr.ts';
import type { RR } from '../../src/dns/rr.ts';
import { TYPE } from '../../src/dns/type-name.ts';
import { failure } from '../../src/kernel/query/outcome.ts';
import { writtenRecords } from '../../src/testing/written-zone.ts';
import { loneQuery } from '../../src/testing/lone-query.ts';
import { randomCluster } from './random-cluster.ts';

/** Everything is read in one turn here. */
const READING = { within: (call: () => unknown) => call() };
const print = (record: RR): string => printRR(record).replaceAll(/\s+/g, ' ');

/** What a source answers for a name and type. */
async function answers(lookup: Lookup, name: Name, type: number): Promise<Set<string>> {
  const query = loneQuery(name, type);
  // What is asked of the server for the additional section is not there.
  query.channel = { stream: true, service: { resolve: () => failure(2), reading: READING } } as never;
  const outcome = await lookup.handle(query, () => failure(2));
  assert.ok(outcome.kind === 'reply', `${name.text} ${type}`);
  return new Set(decodeMessage(outcome.bytes.slice(outcome.at, outcome.at + outcome.length)).answer.map(print));
}
/** The records of a zone, each of which was answered. */
async function transferred(zone: Name, write: ZoneWriter, backend: Backend): Promise<RR[]> {
  const records = writtenRecords(zone, write);
  const lookup = new Lookup(new Computed(backend));
  const asked = new Map<string, Set<string>>();
  const kinds = new Map<string, Set<boolean>>();
  for (const record of records) {
    const { name, type } = record;
    const key = `${name.key} ${type}`;
    if (!asked.has(key)) asked.set(key, await answers(lookup, name, type));
    assert.ok(asked.get(key)!.has(print(record)), `${print(record)} is in the zone, and the answer is ${[...asked.get(key)!].join(', ')}`);
    kinds.set(name.key, (kinds.get(name.key) ?? new Set()).add(type === TYPE.CNAME));
  }
  const lines = records.map((record) => print({ ...record, ttl: 0 }));
  assert.deepEqual(lines.filter((line, i) => lines.indexOf(line) !== i), [], 'each record once');
  assert.deepEqual([...kinds].filter(([, both]) => both.size > 1).map(([key]) => key), [], 'an alias has no other data');
  return records;
}

/** Programs that read a zone: which one, and how it is called with a file. */
const CHECKERS: readonly (readonly [program: string, args: (zone: string, file: string) => readonly string[]])[] = [
  ['named-checkzone', (zone, file) => ['-i', 'local', zone, file]], ['nsd-checkzone', (zone, file) => [zone, file]],
  ['kzonecheck', (zone, file) => ['-o', zone, file]],
];
const isThere = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);
for (const endpointPodNames of [false, true]) {
  test(`each record of a transfer is in the answer to its own question${endpointPodNames ? ', with names of pods' : ''}`, async () => {
    let count = 0;
    for (const seed of SEEDS) for (const { zone, write, backend } of randomCluster(seed, endpointPodNames)) {
      count += (await transferred(zone, write, backend)).length;
    }
    assert.ok(count > 2000, `${count} records`);
  });
}

for (const [program, args] of CHECKERS) {
  test(`${program} takes the zone of any cluster`, { skip: isThere(program) ? false : `${program} is not installed` }, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zone-'));
    try {
      for (const seed of SEEDS.slice(0, 8)) for (const { zone, write } of randomCluster(seed, seed % 2 === 0)) {
        const file = path.join(folder, 'zone');
        const records = [soaRecord(zone, 5, seed, CLUSTER_SOA), ...writtenRecords(zone, write)];
        writeFileSync(file, records.map((record) => `${printRR(record)}\n`).join(''));
        try {
          execFileSync(program, [...args(zone.text, file)], { stdio: 'pipe' });
        } catch (error) {
          const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
          assert.fail(`${zone.text} of cluster ${seed}: ${stdout}${stderr}`);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
