// The three formats as the tools of others read them: promtool, the client library for Python, and Prometheus itself, which takes
// protocol buffers where it may. Each is skipped, by name, where it is not installed.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { freePort } from '../../testing/free-port.ts';
import { standard } from '../index.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-metrics-'));
const server = new InProcess(standard);
let address = '';

before(async () => {
  address = `127.0.0.1:${await freePort()}`;
  assert.equal(await server.start(`. {\n prometheus ${address}\n cache\n template IN A {\n rcode NXDOMAIN\n }\n whoami\n}\n`), undefined);
  for (const type of ['A', 'AAAA', 'TXT']) await server.ask(parseAsk(`a.test. ${type}`));
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The reason why a program cannot be used, false where it can. */
function missing(program: string, ...args: readonly string[]): string | false {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return false;
  } catch {
    return `${[program, ...args].join(' ')} does not work here`;
  }
}
/** What a program says to this input. */
function said(program: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, out, complaint) => {
      if (error === null) resolve(out);
      else reject(new Error(`${out}${complaint}`));
    });
    child.stdin!.end(input);
  });
}
const metrics = async (accept: string) => (await fetch(`http://${address}/metrics`, { headers: { accept } })).text();

test('promtool reads the text', { skip: missing('promtool', '--version') }, async () => {
  // Its style complaints are about names, which are CoreDNS's; what it cannot read it says first.
  const complaint = await said('promtool', ['check', 'metrics'], await metrics('*/*')).catch(({ message }: Error) => message);
  assert.doesNotMatch(complaint, /error while linting|parsing error/);
});

test('the client library for Python reads OpenMetrics', { skip: missing('python3', '-c', 'import prometheus_client') }, async () => {
  const program = 'import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n'
    + 'for family in read(sys.stdin.read()): print(family.name, family.type, len(family.samples))';
  const families = await said('python3', ['-c', program], await metrics('application/openmetrics-text;version=1.0.0'));
  assert.match(families, /^coredns_dns_requests counter 3$/m);
  assert.match(families, /^coredns_dns_request_duration_seconds histogram 19$/m);
});

test('Prometheus scrapes protocol buffers, OpenMetrics and text', { skip: missing('prometheus', '--version') }, async () => {
  for (const features of [['--enable-feature=native-histograms'], []]) {
    const port = await freePort();
    writeFileSync(path.join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s }\nscrape_configs:\n- job_name: dns\n  static_configs: [{ targets: ['${address}'] }]\n`);
    const child = spawn('prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/${port}`,
      `--web.listen-address=127.0.0.1:${port}`, ...features], { stdio: 'ignore' });
    try {
      const query = 'coredns_dns_requests_total{type="AAAA"} or coredns_dns_request_duration_seconds_count or up';
      const found = await result(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
      assert.deepEqual(found, { coredns_dns_requests_total: '1', coredns_dns_request_duration_seconds_count: '3', up: '1' });
    } finally {
      child.kill();
      await new Promise((resolve) => child.once('exit', resolve));
    }
  }
});
interface Found { readonly data: { readonly result: readonly { metric: { __name__: string }; value: readonly [number, string] }[] } }

/** The values of a query by metric, as soon as there are three. */
async function result(url: string): Promise<Record<string, string>> {
  for (let tries = 0; ; tries++) {
    try {
      const { data } = (await (await fetch(url)).json()) as Found;
      if (data.result.length >= 3) return Object.fromEntries(data.result.map(({ metric, value }) => [metric.__name__, value[1]]));
    } catch (error) {
      if (tries > 300) throw error;
    }
    if (tries > 300) assert.fail('it never scraped');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
