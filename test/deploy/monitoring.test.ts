// Alerts and the dashboard: they are well formed, ask only for metrics and labels that there are, and the rules file and the object of the
// operator are one. Knows PromQL by its words; promtool, where it is installed, knows the rest.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { read, root, sourcesIn } from '../gates/checkout.ts';
import { documents, manifests, program } from './deploy-files.ts';
import { type Rules, as } from './kinds.ts';
import { labelsOf, nameComplaints } from './metric-names.ts';

const file = 'deploy/prometheus/rules.yaml';
const rules = documents(read(file), file)[0] as Rules;
const alerts = rules.groups.flatMap((group) => group.rules);

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}
const board = JSON.parse(read('deploy/grafana/coredns-ts.json')) as {
  uid: string; panels: Panel[]; templating: { list: { name: string; query: string | { query: string } }[] };
};

test("the operator's object holds the alerts of the rules file", () => {
  const object = as(manifests('kubernetes/monitoring/prometheusrule.yaml')[0], 'PrometheusRule');
  assert.deepEqual(object.spec, rules);
});

test('every alert has a name of its own, a severity, words for people, and metrics that exist', () => {
  const names = alerts.map(({ alert }) => alert);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
  for (const { alert, expr, labels, annotations, for: lasting } of alerts) {
    assert.match(alert, /^CoreDNS[A-Z]\w+$/);
    assert.ok(['info', 'warning', 'critical'].includes(labels.severity), alert);
    assert.ok(annotations.summary.length > 10 && annotations.description.length > 20, alert);
    assert.match(lasting ?? '1m', /^\d+m$/);
    assert.deepEqual(nameComplaints(expr), [], alert);
  }
});

test('there is an alert for each thing that goes wrong', () => {
  const text = alerts.map(({ expr }) => expr).join('\n');
  for (const metric of ['build_info', 'panics_total', 'dns_responses_total', 'dns_request_duration_seconds', 'health_request',
    'reload_failed_total', 'proxy_request_duration_seconds', 'proxy_healthcheck_failures_total', 'forward_healthcheck_broken_total',
    'forward_max_concurrent_rejects_total', 'cache_evictions_total', 'kubernetes_rest_client_requests_total',
    'kubernetes_dns_programming_duration_seconds']) {
    assert.match(text, new RegExp(`coredns_${metric}`), metric);
  }
});

test('words in braces are labels that the expression leaves', () => {
  for (const { alert, expr, annotations } of alerts) {
    const words = Object.values(annotations).flatMap((text) => [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!));
    const lists = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].map(([, list]) => list!.split(/\s*,\s*/));
    const left = lists.length > 0 ? lists[0]! : labelsOf(/coredns_\w+/.exec(expr)![0])!;
    assert.deepEqual(words.filter((word) => !left.includes(word)), [], alert);
  }
});

test('the dashboard asks for metrics that exist, and its panels do not overlap', () => {
  const titles = board.panels.map(({ id }) => id);
  assert.equal(new Set(titles).size, titles.length);
  for (const { title, type, targets } of board.panels) {
    assert.ok(['row', 'stat', 'timeseries'].includes(type), type);
    if (type !== 'row') assert.notEqual(targets?.length ?? 0, 0, title);
    for (const { expr } of targets ?? []) assert.deepEqual(nameComplaints(expr), [], title);
  }
  for (const { name, query } of board.templating.list.filter((variable) => variable.name !== 'datasource')) {
    const [, metric, label] = /^label_values\((\w+)[^,]*, (\w+)\)$/.exec((query as { query: string }).query) ?? [];
    assert.ok(labelsOf(metric ?? '')?.includes(label ?? ''), name);
  }
  const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`));
  assert.equal(new Set(cells).size, cells.length);
  assert.ok(cells.every((cell) => Number(cell.split(' ')[0]) < 24));
});

test('what is asked of a metric is looked at', () => {
  assert.deepEqual(nameComplaints('rate(coredns_dns_request_count_total[5m])'), ['coredns_dns_request_count_total does not exist']);
  assert.deepEqual(nameComplaints('sum by (pod) (rate(coredns_panics_total[5m]))'), ['nothing has the label pod']);
  assert.deepEqual(nameComplaints('rate(coredns_dns_responses_total{code="SERVFAIL"}[5m])'), ['coredns_dns_responses_total has no code']);
  assert.deepEqual(nameComplaints('sum(coredns_panics_total)'), ['coredns_panics_total is a counter: take its rate']);
  assert.deepEqual(nameComplaints('sum(rate(coredns_cache_entries[5m]))'), ['coredns_cache_entries is no counter']);
  assert.deepEqual(nameComplaints('up == 0'), ['asks for none of our metrics']);
});

test('metrics are named in the sources', () => {
  const sources = [...sourcesIn('src')].filter(([at]) => !at.endsWith('.test.ts')).map(([, text]) => text).join('\n');
  const used = [...alerts.map(({ expr }) => expr), ...board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))];
  const names = used.flatMap((expr) => expr.match(/\bcoredns_\w+/g) ?? []).map((name) => name.replace(/_(bucket|count|sum)$/, ''));
  // Some files put a name together: from a prefix, which stands there as a literal, and the last two words or more.
  const written = (name: string) => sources.includes(`'${name}'`) || [...name.matchAll(/_/g)].some(({ index }) => {
    const end = name.slice(index + 1);
    return end.includes('_') && new RegExp(`(['\`]|\\}_)${end}['\`]`).test(sources);
  });
  assert.deepEqual([...new Set(names)].filter((name) => !written(name)), []);
});

test('promtool takes the rules', (t) => {
  const promtool = program('promtool', 'PROMTOOL');
  if (promtool === undefined) return t.skip('promtool is not installed (PROMTOOL names it)');
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'rules', `${root}${file}`], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});
