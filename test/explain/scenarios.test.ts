// Every scenario again, with each of its questions followed as `explain` follows it: the answers are the same, and what the walk ends with
// is what the client got. Knows where scenarios lie.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { rcodeName } from '../../src/dns/rcode.ts';
import { printRR } from '../../src/dns/rr.ts';
import type { RR } from '../../src/dns/rr.ts';
import { TC } from '../../src/dns/parts.ts';
import { TYPE } from '../../src/dns/type-name.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { follow } from '../../src/explain/ask.ts';
import { partsOf, Walk } from '../../src/explain/walk.ts';
import type { Query } from '../../src/kernel/query/query.ts';
import { parseScenario } from '../../src/testing/scenario-file.ts';
import { runScene } from '../../src/testing/scenario.ts';
import { pathsIn, root } from '../gates/checkout.ts';

let followed = 0, compared = 0;
/** Complaints about walks: thrown where they are found they would be taken for a server's failure. */
const complaints: string[] = [];

function watch(query: Query): (replies: readonly Uint8Array[]) => void {
  const walk = new Walk();
  follow(query, walk);
  return (replies) => {
    const [asked] = walk.asked;
    // No block took it, or its end is not told.
    if (asked === undefined || walk.isCut) return;
    followed++;
    const [first] = asked.inside;
    const said = first?.kind === 'part' ? first.outcome : undefined;
    const what = `${asked.question.name} ${asked.question.type}`;
    if (said === undefined) return void complaints.push(`${what}: the first part did not answer`);
    for (const step of partsOf(asked)) if (step.outcome === undefined) complaints.push(`${what}: ${step.name} did not answer`);
    if (said.kind === 'drop') return void (replies.length > 0 && complaints.push(`${what}: dropped, but a reply came`));
    if (said.kind === 'stream' || replies.length !== 1) return;
    const reply = decodeMessage(replies[0]!);
    compared++;
    if (rcodeName(reply.rcode) !== said.rcode) complaints.push(`${what}: ${said.rcode}, but ${rcodeName(reply.rcode)} came`);
    if ((reply.flags & TC) !== 0 || said.kind !== 'reply') return;
    for (const section of ['answer', 'authority', 'additional'] as const) {
      const came = texts(reply[section]);
      const ended = said[section].filter(isData);
      if (came.join('\n') !== ended.join('\n')) complaints.push(`${what}: ${section} ${ended}, but ${came} came`);
    }
  };
}
const texts = (records: readonly RR[]): string[] =>
  records.filter(({ type }) => type !== TYPE.TSIG).map((each) => printRR(each).replaceAll('\t', ' '));
const isData = (record: string): boolean => !/^\S+ \d+ \S+ TSIG /.test(record);

const files = ['src/plugins', 'test/scenarios'].flatMap(pathsIn).filter((file) => file.endsWith('.scenario'));
for (const file of files) {
  test(`followed: ${file}`, async (t) => {
    for (const scene of parseScenario(readFileSync(path.join(root, file), 'utf8'))) {
      // Who traces is told of the same steps: one of both is.
      await t.test(`${scene.line} ${scene.title}`, () => runScene(scene, { watch }).then(() => {
        assert.deepEqual(complaints.splice(0), []);
      }));
    }
  });
}

test('most of the questions of all scenarios were followed', () => {
  assert.ok(compared > 1000 && followed >= compared, `${compared} of ${followed} were compared`);
});
