// Any text as the file in which Corefiles that served outlive the process: taken or left, and what is taken can be compared and written
// again. Knows what must hold of what was read.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { readState } from '../../src/admin-api/kept-corefiles.ts';
import { changesBetween } from '../../src/admin-api/written.ts';
import { target, textOf } from './target.ts';

const canonical = fc.oneof(fc.constantFrom('[]', '[[[".:53"],[["whoami",[]]]]]', '[[[".:53"],[["a",["b"],[["c",[],null]]]]]]', '[[]]', '{',
  'null', '[[["."],[["a"]]]]', '[[["."],[["a",[],[7]]]]]'), textOf('[', ']', '"a"', ',', 'null', '7'));
const change = fc.record({ block: fc.string(), word: fc.string(), before: fc.option(fc.string(), { nil: undefined }) });
const kept = fc.record({
  number: fc.oneof(fc.nat(), fc.double(), fc.string()), at: fc.oneof(fc.nat(), fc.double(), fc.constant(null)), text: fc.string(),
  canonical, changes: fc.array(change, { maxLength: 2 }),
}, { requiredKeys: ['number', 'text', 'canonical'] });
const state = fc.record({
  version: fc.constantFrom(1, 1, 1, 2, '1'), kept: fc.oneof(fc.array(kept, { maxLength: 3 }), fc.constantFrom(null, {}, 'x')),
  trial: fc.option(fc.record({ until: fc.nat(), canonical, before: fc.string(), inFile: fc.boolean() }, { requiredKeys: ['until'] }),
    { nil: undefined }),
  passed: fc.option(fc.record({ canonical, text: fc.string() }, { requiredKeys: [] }), { nil: undefined }),
});
const texts = fc.oneof(state.map((each) => JSON.stringify(each)), textOf('{', '}', '"version"', ':', '1', ',', '"kept"', '[', ']'));

/** The file. */
export const keptCorefiles = target('kept-corefiles', 1000, texts, (text) => {
  const read = readState(text);
  if (read === undefined) return;
  const written = ['[]', ...read.kept.map((each) => each.canonical)].map((each) => ({ canonical: each, parsed: () => each }));
  for (const one of written) for (const other of written) assert.ok(Array.isArray(changesBetween(one, other)));
  for (const { at } of read.kept) assert.equal(typeof new Date(at).toISOString(), 'string');
  assert.deepEqual(readState(JSON.stringify({ version: 1, ...read })), read);
});
