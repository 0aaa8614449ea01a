// Walks as people read them, whole, in walks.txt: what each plugin says of itself, and how one is shown that says nothing. The clock stands
// still. `node test/explain/walks.test.ts --write` writes the file anew: look at what became another.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readQuestion } from '../../src/cli/explain-questions.ts';
import { files, machine } from '../../src/cli/machine.ts';
import { ORDER } from '../../src/cli/plugin-names.ts';
import { explain } from '../../src/explain/ask.ts';
import { rehearse } from '../../src/explain/rehearsal.ts';
import { explanationText } from '../../src/explain/text.ts';
import { standard } from '../../src/plugins/index.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';

const FILE = join(import.meta.dirname, 'walks.txt');
const folder = join(mkdtempSync(join(tmpdir(), 'walks-')), 'd');
const words = new Set([...ORDER, ...standard.flatMap(({ name, aliases = [] }) => [name, ...aliases])]);
const put: { readonly [name: string]: string } = {
  empty: '',
  hosts: '192.0.2.1 www.example.org\n2001:db8::1 www.example.org\n',
  zone: [
    '$ORIGIN example.org.', '$TTL 300', '@ SOA ns hostmaster 7 3600 600 86400 60', '@ NS ns', 'ns A 192.0.2.2', 'www A 192.0.2.3',
    '*.wild A 192.0.2.4', 'alias CNAME www', 'far CNAME www.example.net.', 'sub NS ns.sub', 'ns.sub A 192.0.2.5', 'old DNAME wild', '',
  ].join('\n'),
};

/** A scene of the file: its head up to `----`, and its questions. */
interface Scene { readonly head: string; readonly corefile: string; readonly questions: readonly string[] }
const scenes = (text: string): readonly Scene[] => text.split(/^(?===== )/m).filter((each) => each.startsWith('====')).map((each) => {
  const [head = '', rest = ''] = each.split(/^----\n/m);
  const questions = rest.split('\n').filter((line) => line.startsWith('? ')).map((line) => line.slice(2));
  return { head, corefile: head.replace(/^.*\n/, ''), questions };
});

async function played({ head, corefile, questions }: Scene): Promise<string> {
  const clock = new FakeClock();
  const readOptions = {
    file: 'Corefile', plugins: standard, words, machine, files, port: 53, environment: () => undefined, warn: () => {},
  };
  const rehearsed = await rehearse(corefile.replaceAll('DIR', folder), { readOptions, clock, say: () => {}, datagrams: undefined });
  try {
    const texts: string[] = [];
    for (const text of questions) {
      const question = readQuestion(text.split(' '));
      assert.ok(typeof question !== 'string', String(question));
      const { packet, client, tcp, view, name } = question;
      const explanation = await explain(rehearsed.place(name)!, { packet, client, transport: tcp ? 'tcp' : 'udp', view }, clock);
      texts.push(`? ${text}\n${explanationText(explanation)}`);
    }
    return `${head}----\n${texts.join('\n')}\n`.replaceAll(folder, 'DIR').replaceAll(/ +\n/g, '\n');
  } finally {
    rehearsed.end();
  }
}

mkdirSync(folder);
for (const [name, text] of Object.entries(put)) writeFileSync(join(folder, name), text);
const text = readFileSync(FILE, 'utf8');
if (process.argv.includes('--write')) {
  const all: string[] = [];
  for (const scene of scenes(text)) all.push(await played(scene));
  writeFileSync(FILE, `${text.slice(0, text.indexOf('===='))}${all.join('')}`);
  rmSync(folder, { recursive: true });
} else {
  for (const scene of scenes(text)) {
    test(`walks: ${scene.head.split('\n')[0]!.slice(5)}`, async () => {
      const expected = text.slice(text.indexOf(scene.head)).split(/^(?===== )/m)[0]!;
      assert.equal(await played(scene), expected);
    });
  }
  test('there are thirty walks at least', (t) => {
    t.after(() => rmSync(folder, { recursive: true }));
    assert.ok(scenes(text).flatMap(({ questions }) => questions).length >= 30);
  });
}
