// An editor speaks to `check --lsp`: problems as they are written, what can be written, what it means, one style. Knows the protocol's own
// client and the program from outside.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fc } from '../src/testing/properties.ts';
import { StreamMessageReader, StreamMessageWriter, createProtocolConnection } from 'vscode-languageserver/node';
import type { CompletionItem, Hover, ProtocolConnection, PublishDiagnosticsParams, TextEdit } from 'vscode-languageserver/node';
import { meaningAt, proposalsAt } from '../src/cli/editor-help.ts';
import { spotAt } from '../src/cli/spot.ts';
import { MAIN } from '../src/testing/spawned.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-editor-'));
const uri = pathToFileURL(path.join(folder, 'Corefile')).href;
const server = spawn(process.execPath, [MAIN, 'check', '--lsp', '--stdio'], { cwd: folder });
const ended = new Promise((resolve) => server.on('close', resolve));
let editor: ProtocolConnection;
/** What was told of the text, by its version. */
const told = new Map<number, PublishDiagnosticsParams>();
let version = 0;
let look = (): void => {};

before(async () => {
  editor = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
  editor.onNotification('textDocument/publishDiagnostics', (problems: PublishDiagnosticsParams) => {
    told.set(problems.version ?? -1, problems);
    look();
  });
  editor.listen();
  const about = { processId: null, rootUri: null, capabilities: {} };
  const { capabilities } = await editor.sendRequest<{ capabilities: object }>('initialize', about);
  const can = ['completionProvider', 'documentFormattingProvider', 'hoverProvider', 'textDocumentSync'];
  assert.deepEqual(Object.keys(capabilities).sort(), can);
  await editor.sendNotification('initialized', {});
  await write('');
});
after(async () => {
  server.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true });
});

/** Types a text in place of the one before; what is told of it. */
async function write(text: string): Promise<readonly string[]> {
  const now = ++version;
  const opened = { uri, languageId: 'corefile', version: now, text };
  if (now === 1) await editor.sendNotification('textDocument/didOpen', { textDocument: opened });
  else await editor.sendNotification('textDocument/didChange', { textDocument: { uri, version: now }, contentChanges: [{ text }] });
  await new Promise<void>((resolve) => {
    look = () => void (told.has(now) && resolve());
    look();
  });
  return told.get(now)!.diagnostics.map(({ range: { start, end }, severity, message }) =>
    `${start.line}:${start.character}-${end.character} ${severity === 1 ? 'error' : 'warning'} ${message}`);
}
/** What is asked of a place of the text, `|` in it being the cursor. */
async function at<T>(method: string, text: string): Promise<T> {
  const lines = text.slice(0, text.indexOf('|')).split('\n');
  await write(text.replace('|', ''));
  return editor.sendRequest<T>(method, { textDocument: { uri }, position: { line: lines.length - 1, character: lines.at(-1)!.length } });
}
const labels = async (text: string) => (await at<readonly CompletionItem[]>('textDocument/completion', text)).map(({ label }) => label);

test('problems are told as they are written, at their word, with what mends them', async () => {
  assert.deepEqual(await write('.:53 {\n    cache {\n        sucess 10\n    }\n}\n'), [
    "2:8-14 error plugin/cache: Wrong argument count or unexpected line ending after 'sucess'\nhelp: did you mean 'success'?",
  ]);
  const [doubt = '', ...more] = await write('.:53 {\n    log . json\n    whoami\n}\n');
  assert.match(doubt, /^1:10-14 warning plugin\/log: json is read as a zone.*\nhelp: /);
  assert.deepEqual(more, []);
  assert.deepEqual(await write('.:53 {\n    whoami\n}\n'), []);
});

test('words of a block and properties of a word are proposed where they can stand', async () => {
  const plugins = await labels('.:53 {\n    fo|\n}\n');
  assert.ok(plugins.includes('forward') && plugins.includes('cache') && !plugins.includes('max_fails'));
  assert.ok((await labels('.:53 {\n    forward . 1.1.1.1 {\n        |\n    }\n}\n')).includes('max_fails'));
  assert.deepEqual(await labels('|'), []);
  assert.deepEqual(await labels('.:53 {\n    forward |\n}\n'), []);
  assert.deepEqual(await labels('.:53 {\n    forward . 1.1.1.1 {\n    max_fails |\n}\n'), []);
});

test('what a word and a property mean', async () => {
  const of = async (text: string) => {
    const hover = await at<Hover | null>('textDocument/hover', text);
    return (hover?.contents as { value: string } | undefined)?.value;
  };
  assert.match((await of('.:53 {\n    forw|ard . 1.1.1.1\n}\n'))!, /^```\nforward FROM TO\.\.\.\n# in braces: .*max_fails.*\n```\n/);
  const property = '.:53 {\n    forward . 1.1.1.1 {\n        max_f|ails 3\n    }\n}\n';
  assert.match((await of(property))!, /^```\nmax_fails INTEGER\n```\n`max_fails`/);
  assert.equal(await of('.:53 {\n    forward . 1.1|.1.1\n}\n'), undefined);
  assert.equal(await of('.:|53 {\n    whoami\n}\n'), undefined);
});

test('a text gets one style', async () => {
  await write('. {\nwhoami # who\n}\n');
  const options = { tabSize: 4, insertSpaces: true };
  const edits = await editor.sendRequest<TextEdit[]>('textDocument/formatting', { textDocument: { uri }, options });
  const range = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
  assert.deepEqual(edits, [{ range, newText: '. {\n    whoami # who\n}\n' }]);
});

test('it ends in good order when the editor says so', async () => {
  await editor.sendRequest('shutdown');
  await editor.sendNotification('exit');
  assert.equal(await ended, 0);
});

test('every place of every text has an answer', () => {
  const piece = fc.constantFrom('. {', '}', '{', 'forward', 'max_fails', ' ', '\n', '"', 'import x', '#', '(a) {', '\\"', 'é', '\t');
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(12), fc.nat(40), (pieces, line, units) => {
    const spot = spotAt(pieces.join(''), line, units);
    assert.ok(spot.before.length === 0 ? spot.word === undefined : spot.word === undefined || spot.word === spot.before.at(-1));
    assert.ok(proposalsAt(spot).every(({ word, detail }) => word !== '' && detail !== ''));
    assert.notEqual(meaningAt(spot), '');
  }));
});
