// `-log-format json` (CLI-17, CLI-18, LOG-7): every line is one object, whatever says it; the last words of a start as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../testing/free-port.ts';
import { Spawned, answers } from '../testing/spawned.ts';
import { parseFlags } from './flags.ts';

const objects = (text: string): Record<string, unknown>[] =>
  text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

test('a format that is none is refused with status 1', () => {
  assert.deepEqual(parseFlags(['-log-format', 'xml']), { refused: 'unknown log format "xml": expected text or json', status: 1 });
  assert.equal((parseFlags(['-log-format=json']) as { json: boolean }).json, true);
  assert.equal((parseFlags(['--log-format', 'text']) as { json: boolean }).json, false);
});

test('every line is one object: zones, versions, queries, signals', async (t) => {
  const port = await freePort();
  const server = new Spawned(`.:${port} {\n errors\n log . "\\"{name}\\" {rcode}"\n whoami\n}\nb.test:${port} {\n log\n errors\n}\n`,
    { args: ['-conf', 'Corefile', '-log-format', 'json'] });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  assert.ok(await answers(port));
  await server.says(/"qname"/);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
  const lines = objects(server.stdout);
  for (const { time, level, msg } of lines) {
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    assert.match(String(level), /^(INFO|WARN)$/);
    assert.equal(typeof msg, 'string');
  }
  const banner = lines.find(({ msg }) => String(msg).startsWith(`.:${port}`))!;
  assert.deepEqual(Object.keys(banner), ['time', 'level', 'msg']);
  assert.equal(banner['msg'], `.:${port}\nb.test.:${port}`);
  assert.match(String(lines.find(({ msg }) => String(msg).startsWith('CoreDNS-'))!['msg']), /^CoreDNS-1\.15\.0\n.*\ncoredns-ts .*$/);
  const query = lines.find(({ plugin }) => plugin === 'log')!;
  assert.deepEqual(Object.keys(query), ['time', 'level', 'msg', 'plugin', 'client_ip', 'client_port', 'qname', 'qtype', 'qclass',
    'protocol', 'id', 'opcode', 'request_size', 'dnssec_ok', 'bufsize', 'rcode', 'response_size', 'duration_seconds']);
  assert.equal(query['msg'], `"${query['qname'] as string}" NOERROR`);
  assert.deepEqual([query['client_ip'], query['qclass'], query['protocol'], query['rcode']], ['127.0.0.1', 'IN', 'udp', 'NOERROR']);
  assert.equal(lines.at(-1)!['msg'], 'SIGTERM: Shutting down servers then terminating');
});

test('a start that is refused is one object on standard error', async (t) => {
  const server = new Spawned('. {\n nope\n}\n', { args: ['-conf', 'Corefile', '-log-format', 'json'] });
  t.after(() => server.kill());
  assert.equal(await server.ended, 1);
  const [said, ...more] = objects(server.stderr);
  assert.deepEqual(more, []);
  assert.equal(said!['level'], 'FATAL');
  assert.match(String(said!['msg']), /^Corefile:2 - Error during parsing: Unknown directive 'nope'/);
});
