// The first questions of every scenario, explained without a server: where all that is needed is in files, the answer is the one that the
// scenario expects of a server. Knows where scenarios lie.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { files, machine } from '../../src/cli/machine.ts';
import { ORDER } from '../../src/cli/plugin-names.ts';
import { explain } from '../../src/explain/ask.ts';
import { explanationJson } from '../../src/explain/json.ts';
import { rehearse } from '../../src/explain/rehearsal.ts';
import { explanationText } from '../../src/explain/text.ts';
import { label } from '../../src/kernel/site/endpoint.ts';
import { Name } from '../../src/dns/name.ts';
import { standard } from '../../src/plugins/index.ts';
import { difference } from '../../src/testing/difference.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { parseServer } from '../../src/testing/in-process.ts';
import { linesOf, parsePicture, pictureOf } from '../../src/testing/picture.ts';
import { parseAsk } from '../../src/testing/question.ts';
import { parseScenario } from '../../src/testing/scenario-file.ts';
import type { Scene } from '../../src/testing/scenario-file.ts';
import { Surroundings } from '../../src/testing/subject.ts';
import { pathsIn, root } from '../gates/checkout.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const words = new Set([...ORDER, ...standard.flatMap(({ name, aliases = [] }) => [name, ...aliases])]);
let known = 0;

/** Explains what is asked before anything but files was there; complaints about other answers. */
async function check(scene: Scene, around: Surroundings): Promise<string[]> {
  const end = scene.steps.findIndex(({ verb }) => !['file', 'ask', 'log', 'nolog', 'metric', 'tally'].includes(verb));
  const steps = end < 0 ? scene.steps : scene.steps.slice(0, end);
  const written = steps.findLastIndex(({ verb }) => verb === 'file');
  const asks = steps.slice(written + 1).filter(({ verb }) => verb === 'ask');
  if (asks.length === 0 || steps.slice(0, written + 1).some(({ verb }) => verb === 'ask')) return [];
  for (const { verb, rest, block } of steps) {
    const at = path.join(around.directory, rest);
    if (verb !== 'file') continue;
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, block.length === 0 ? '' : await around.fill(`${block.join('\n')}\n`));
  }
  const corefile = await around.fill(scene.corefile);
  const clock = new FakeClock();
  const complaints: string[] = [];
  const rehearsed = await rehearse(corefile, {
    readOptions: {
      file: 'Corefile', plugins: standard, words, machine, files, port: 53, environment: (name) => process.env[name], warn: () => {},
    },
    clock, say: () => {}, datagrams: undefined,
  });
  try {
    for (const { rest, block, line } of asks) {
      const asked = parseAsk(await around.fill(rest));
      if (asked.key !== undefined) continue;
      const { scheme, address, port } = parseServer(asked.at ?? ':53');
      const name = asked.question?.name ?? Name.root;
      const place = rehearsed.place(name, label(scheme, address, port)) ?? rehearsed.place(name)!;
      const { endpoint } = place.address;
      const transport = endpoint.scheme === 'dns' ? (asked.tcp ? 'tcp' : 'udp') : endpoint.scheme;
      const client = asked.from ?? (endpoint.address.includes(':') ? '::1' : '127.0.0.1');
      const explained = explain(place, { packet: asked.packet, client, transport }, clock);
      let over = false;
      void explained.finally(() => (over = true)).catch(() => {});
      await settled();
      while (!over) await clock.elapse(1000);
      const explanation = await explained;
      assert.match(explanationText(explanation), /\n$/);
      assert.ok(JSON.stringify(explanationJson(explanation)).length > 100);
      if (explanation.unknown !== undefined || explanation.further > 0) continue;
      known++;
      const expected = parsePicture(await Promise.all(block.map((text) => around.fill(text))));
      const got = pictureOf(explanation.reply === undefined ? [] : [explanation.reply], asked);
      expected.ignored.add('ttl');
      const text = difference(linesOf(expected, expected), linesOf(got, expected));
      if (text !== undefined) complaints.push(`line ${line}: ${rest}\n${text}\n${explanationText(explanation)}`);
    }
  } finally {
    rehearsed.end();
  }
  return complaints;
}

/** What ratelimit says hangs on what was asked before, and a question that is explained spends nothing. */
const scenarios = ['src/plugins', 'test/scenarios'].flatMap(pathsIn)
  .filter((file) => file.endsWith('.scenario') && !file.endsWith('ratelimit.scenario'));
for (const file of scenarios) {
  test(`without a server: ${file}`, async (t) => {
    for (const scene of parseScenario(readFileSync(path.join(root, file), 'utf8'))) {
      await t.test(`${scene.line} ${scene.title}`, async () => {
        const around = new Surroundings();
        try {
          assert.deepEqual(await check(scene, around), []);
        } finally {
          await around.close();
        }
      });
    }
  });
}
test('many of their questions have an answer without a server', () => {
  assert.ok(known > 400, `${known} have`);
});
