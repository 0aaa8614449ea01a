// The shape of the code as a test: who imports whom, and what each file looks like. Knows nothing of behaviour.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circles, nodeParts, typeCircles, wings } from './gates/arrows.ts';
import { pathsIn, sourcesIn } from './gates/checkout.ts';
import { bareNumbers, constants } from './gates/constants.ts';
import { folders, form } from './gates/form.ts';
import { imports, layers } from './gates/layers.ts';
import { secondMeanings } from './gates/meanings.ts';
import { again, once } from './gates/once.ts';

const none: string[] = [];

test('imports go inward only', () => {
  assert.deepEqual([...imports(sourcesIn('src')), ...layers(sourcesIn('src'))], none);
});

test('the wings of large folders import downward, no files import one another, and each layer has its parts of Node', () => {
  const files = sourcesIn('src');
  assert.deepEqual([...wings(files), ...circles(files), ...typeCircles(files), ...nodeParts(files)], none);
});

/** The fields of a class that everybody may set. */
const settable = (text: string): string[] => [...text.matchAll(/^ {2}([a-z]\w*)!?(?:: | = )/gm)].map(([, name]) => name!);

test('a query has at most eight fields that everybody may set', () => {
  const query = settable(sourcesIn('src').get('src/kernel/query/query.ts')!);
  assert.ok(query.includes('journey') && query.length <= 8, query.join());
  const made = 'class Made {\n  readonly a = 1;\n  b = 2;\n  c!: number;\n  #d = 3;\n  get e(): number {\n    return 1;\n  }\n}\n';
  assert.deepEqual(settable(made), ['b', 'c']);
});

test('complains about an arrow that goes up, a circle and a part of Node', () => {
  const files = (...named: readonly (readonly [path: string, text: string])[]) => new Map(named);
  assert.deepEqual(wings(files(['src/kernel/query/query.ts', "import type { Server } from '../serving/serve.ts';"])),
    ['src/kernel/query/query.ts: imports src/kernel/serving/serve.ts: its wing is above']);
  assert.equal(wings(files(['src/kernel/clock.ts', "import { Log } from './seen/log.ts';"])).length, 1);
  const up = "import { Stanza } from '../stanza.ts';";
  const down = "import { Slot } from '../slot.ts';\nimport { Query } from '../query/query.ts';";
  assert.deepEqual(wings(files(['src/kernel/site/site.ts', down])), none);
  const settings = "import type { Settings } from '../config.ts';";
  assert.deepEqual(wings(files(['src/plugins/kubernetes/answers/backend.ts', settings])), none);
  const bad = files(['src/plugins/kubernetes/cluster/cluster.ts', settings], ['src/plugins/kubernetes/outside/external.ts', up]);
  assert.equal(wings(bad).length, 2);
  const circle = files(
    ['src/dns/a.ts', "import { b } from './b.ts';"], ['src/dns/b.ts', "import { c } from './c.ts';"],
    ['src/dns/c.ts', "export { a } from './a.ts';"], ['src/dns/d.ts', "import type { a } from './a.ts';\nimport { d } from './d.ts';"],
  );
  assert.deepEqual(circles(circle), ['src/dns/a.ts -> src/dns/b.ts -> src/dns/c.ts', 'src/dns/d.ts']);
  const typeBack = files(['src/dns/a.ts', "import { b } from './b.ts';"], ['src/dns/b.ts', "import type { a } from './a.ts';"]);
  assert.deepEqual(circles(typeBack), none);
  assert.deepEqual(typeCircles(typeBack), ['src/dns/a.ts - src/dns/b.ts']);
  assert.deepEqual(nodeParts(files(['src/dns/a.ts', "import { readFileSync } from 'node:fs';"])), ['src/dns/a.ts: imports node:fs']);
  assert.deepEqual(nodeParts(files(['src/kernel/http.ts', "import type { Socket } from 'node:tls';\nimport net from 'node:net';"])), none);
  assert.deepEqual(nodeParts(files(['src/dns/a.test.ts', "import { readFileSync } from 'node:fs';"])), none);
});

test('each file is short, says what it is and is named after it', () => {
  assert.deepEqual(form(sourcesIn('src', 'test', 'packages')), none);
});

test('each plugin has its folder complete', () => {
  assert.deepEqual(folders(pathsIn('src')), none);
});

/** Complaints about one made-up file. */
const about = (path: string, text: string) => {
  const files = new Map([[path, `// A file that was made up, to be complained about.\n${text}`]]);
  return [...imports(files), ...layers(files), ...form(files)].map((said) => said.slice(path.length + 2));
};

test('complains about imports that the table does not allow', () => {
  assert.deepEqual(about('src/dns/name.ts', "import { Query } from '../kernel/query/query.ts';"),
    ['imports src/kernel/query/query.ts: dns may import nothing']);
  assert.deepEqual(about('src/kernel/query/query.ts', "export { listen } from '../../transport/udp.ts';"),
    ['imports src/transport/udp.ts: kernel may import wording, dns, corefile, store, http']);
  assert.deepEqual(about('src/kernel/query/query.ts', "const late = await import('../../plugins/any/index.ts');"),
    ['imports src/plugins/any/index.ts: kernel may import wording, dns, corefile, store, http']);
  assert.deepEqual(about('src/plugins/any/index.ts', "import {\n  one,\n  two,\n} from '../cache/entry.ts';"),
    ['imports src/plugins/cache/entry.ts: a plugin never imports another, nor their list']);
  assert.deepEqual(about('src/plugins/any/index.ts', "import { all } from '../index.ts';"),
    ['imports src/plugins/index.ts: a plugin never imports another, nor their list']);
  assert.equal(about('src/plugins/any/index.ts', "import { udp } from '../../transport/udp.ts';").length, 1);
  assert.deepEqual(about('src/transport/udp.ts', "import { Pool } from '../upstream/pool.ts';"),
    ['imports src/upstream/pool.ts as a value: its types alone are allowed']);
  assert.deepEqual(layers(new Map([['src/cache/entry.ts', '']])),
    ['src/cache: a layer that the table of test/gates/layers.ts does not name']);
  assert.deepEqual(about('src/dns/name.ts', "import '../../test/gates/form.ts';"), ['imports test/gates/form.ts, which is outside src/']);
  assert.equal(about('src/kernel/serving/app.ts', "import { main } from '../../index.ts';").length, 1);
});

test('lets through what the table allows', () => {
  assert.deepEqual(about('src/kernel/query/query.ts', "import { Name } from '../../dns/name.ts'; // import '../cli/main.ts'"), none);
  assert.deepEqual(about('src/transport/udp.ts', "import type { Datagrams } from '../upstream/datagrams.ts';"), none);
  assert.deepEqual(about('src/plugins/index.ts', "import any from './any/index.ts';"), none);
  assert.deepEqual(about('src/plugins/cache/index.ts',
    "import { entry } from './entry.ts';\nimport { Store } from '../../store/map.ts';"), none);
  assert.deepEqual(about('src/dns/name.test.ts', "import { scenario } from '../testing/scenario.ts';"), none);
  assert.deepEqual(about('src/cli/main.ts', "import { App } from '../kernel/serving/app.ts';\nconsole.log(1);"), none);
});

test('complains about the form of a file', () => {
  assert.match(about('src/dns/name.ts', '\n'.repeat(300))[0] ?? '', /has 301 lines/);
  assert.match(about('src/dns/name.ts', `const a = '${'x'.repeat(140)}';`)[0] ?? '', /line 2 is wider/);
  assert.match(about('src/console-page/cell.tsx', 'cell.innerHTML = name;')[0] ?? '', /says innerHTML/);
  assert.match(about('src/console-page/cell.tsx', "document.write('a');")[0] ?? '', /says document\.write/);
  assert.deepEqual(about('src/dns/name.ts', 'const innerHTML = 1;'), none);
  assert.deepEqual(form(new Map([['src/dns/name.ts', 'const a = 1;\n']])),
    ['src/dns/name.ts: does not begin with a comment that says what it is']);
  for (const path of ['src/dns/utils.ts', 'src/kernel/types.ts', 'src/kernel/helpers.test.ts', 'src/kernel/common/x.ts']) {
    assert.deepEqual(about(path, ''), ['is named after nothing: say what it holds']);
  }
  assert.deepEqual(about('src/dns/types.ts', ''), none);
  assert.deepEqual(about('src/dns/ResourceRecord.ts', ''), ['is not a noun in kebab-case']);
  assert.deepEqual(about('src/kernel/query/index.ts', ''), ['an index.ts is a public door only']);
  assert.match(about('src/kernel/seen/log.ts', "console.log('x');")[0] ?? '', /uses console/);
  assert.match(about('src/kernel/seen/log.ts', "process.stdout.write('x');")[0] ?? '', /touches the process/);
  assert.deepEqual(about('src/kernel/seen/log.ts', "// console.log('x') costs ten times as much\n"), none);
  assert.deepEqual(about('src/kernel/seen/log.ts', 'const a = 1;\nexport const b = a;'), ['b has no doc comment']);
  assert.deepEqual(about('src/kernel/seen/log.ts', '/** Two. */\nexport const b = 2;\nexport type { a };'), none);
  assert.deepEqual(about('src/kernel/seen/log.ts', 'export default 1;'), ['has a default export: only a plugin has one']);
});

test('complains about whoever opens or recycles shared memory by hand', () => {
  for (const path of ['src/plugins/any/index.ts', 'src/authority/lookup.ts', 'src/threads/crew.ts', 'src/plugins/any/any.test.ts']) {
    assert.match(about(path, 'run.store.epochs.enter();')[0] ?? '', /says `epochs`/);
    assert.ok(about(path, "import { Epochs } from '../../store/epochs.ts';").some((said) => said.startsWith('says `epochs`')));
  }
  assert.deepEqual(about('src/plugins/any/index.ts', '// Its epochs are told elsewhere.\nrun.store.recycle();'), none);
  assert.deepEqual(about('src/kernel/serving/serve.ts', 'store.recycle();'), none);
  assert.deepEqual(about('src/store/store.ts', 'this.epochs.recycle();'), none);
});

test('complains about a plugin without a page or a scenario', () => {
  assert.deepEqual(folders(['src/plugins/any/index.ts', 'src/plugins/index.ts']),
    ['src/plugins/any: has no README.md', 'src/plugins/any: has no scenario']);
  assert.deepEqual(folders(['src/plugins/any/index.ts', 'src/plugins/any/README.md', 'src/plugins/any/any.scenario']), none);
});

test('types, classes, response codes, opcodes and options have their numbers in src/dns alone', () => {
  const files = sourcesIn('src', 'test');
  assert.deepEqual([...constants(files), ...bareNumbers(files)], none);
});

test('complains about a number of DNS that is written down again', () => {
  const file = (text: string, path = 'src/plugins/any/index.ts') => new Map([[path, text]]);
  const told = (text: string, path?: string) => constants(file(text, path)).map((said) => said.replace(/^\S+: (.*) of src\/dns$/, '$1'));
  assert.deepEqual(told('const A = 1, MANY = 7, CNAME_TYPE = 5;\nexport const TYPE_SOA = 6, OPT = 0x29;'),
    ['A = 1 is TYPE.A', 'CNAME_TYPE = 5 is TYPE.CNAME', 'TYPE_SOA = 6 is TYPE.SOA', 'OPT = 0x29 is TYPE.OPT']);
  assert.deepEqual(told('function f() {\n  const IN: number = 1, REFUSED = 5;\n}', 'test/made-up.test.ts'),
    ['IN = 1 is CLASS.IN', 'REFUSED = 5 is RCODE.REFUSED']);
  assert.deepEqual(told('// const A = 1;\nconst A = 2, KEY = 528, NS = shape(2), NODE = { A: 1 };'), none);
  assert.deepEqual(told('const IN = 1;', 'src/store/key.ts'), none);
  assert.equal(bareNumbers(file('if (query.type === 28 || rcode !== 3) return;')).length, 2);
  assert.deepEqual(bareNumbers(file('// type === 28\nif (query.type === TYPE.AAAA || rcode !== 0) return;')), none);
});

test('a slot, a place, a line, a reading, a store and a chain each mean one thing', () => {
  assert.deepEqual(secondMeanings(sourcesIn('src')), none);
  const file = (text: string, path: string) => secondMeanings(new Map([[path, text]])).length;
  assert.equal(file('export class Store {\n}\ninterface Place {\n}\nfunction chain() {}', 'src/plugins/any/index.ts'), 3);
  assert.equal(file('// class Store\nexport class Stores {\n}\nclass constructor {\n}', 'src/plugins/any/index.ts'), 0);
  assert.equal(file('export class Store {\n}', 'src/store/store.ts'), 0);
});

test('what has a place of its own is not written again', () => {
  assert.deepEqual(again(sourcesIn('src')), none);
});

test('complains about what is written again', () => {
  const offenders: readonly (readonly [what: keyof typeof once, ...lines: string[]])[] = [
    ['a lower-case name', 'Name.wire(Name.parse(text).key)', 'Name.wire(zone.key)'],
    ['a text that may be no name', 'try {\n  return Name.parse(text).key;\n} catch {\n  return undefined;\n}'],
    ['text as octets', "Buffer.from(text, 'latin1')",
      'Uint8Array.from(key, (byte) => byte.charCodeAt(0))', 'to[at + i] = key.charCodeAt(i);'],
    ['octets as text', 'String.fromCharCode(...bytes)', "Buffer.from(bytes.subarray(2)).toString('latin1')"],
    ['an address in a network', '(a[i]! ^ b[i]!) & (0xff00 >> rest)'],
    ['a port of DNS by its scheme', 'const PORTS = { dns: 53, tls: 853 };'],
    ['a text in quotes', `fail(\`unknown unit $\{JSON.stringify(unit)}\`)`,
      `throw new Error(\`invalid option "$\{word}"\`)`, `line.refuse(\`bad "$\{a.b}": $\{why}\`)`],
    ['a word that stands once in a block', "again.refuse('this plugin can only be used once per Server Block')"],
    ['a duration or a number of a line', 'const time = parseDuration(line.arg());',
      'try {\n  n = parseInteger(text);\n} catch (error) {\n  line.fail(text);\n}'],
    ['an error that stops a line', 'try {\n  read();\n} catch (error) {\n  return line.refuse((error as Error).message);\n}'],
    ['what the system said',
      "const WORDS = { ENOENT: 'no such file or directory' };", "throw new Error('connection refused')"],
  ];
  assert.deepEqual(offenders.map(([what]) => what).sort(), Object.keys(once).sort());
  for (const [what, ...lines] of offenders) {
    for (const line of lines) assert.match(again(new Map([['src/plugins/any/index.ts', line]])).join(), new RegExp(`: ${what}: `));
    const fine = new Map([['src/plugins/any/index.test.ts', lines[0]!], ['src/plugins/any/index.ts', `/* ${lines[0]} */\n`]]);
    assert.deepEqual(again(fine), none);
  }
  assert.deepEqual(again(new Map([['src/store/key.ts', 'to[at + i] = key.charCodeAt(i);']])), none);
});
