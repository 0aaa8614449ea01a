// *acl* enforces access control policies on source ip and prevents unauthorized access to DNS servers. Knows policies and who asks.
import { liesInPrefix } from '../../dns/address.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Counted, ShownRule } from '../../kernel/site/shown.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Family, Metrics } from '../../kernel/seen/metrics.ts';
import { drop } from '../../kernel/query/outcome.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import type { Remark } from '../../kernel/query/notes.ts';
import type { Query } from '../../kernel/query/query.ts';
import { readStanzas } from './config.ts';
import type { Action, Policy, Stanza } from './config.ts';

const counted = (what: string) =>
  counter(`coredns_acl_${what}_requests_total`, `Counter of DNS requests being ${what}.`, ['server', 'zone', 'view']);
const FAMILIES = {
  allow: counter('coredns_acl_allowed_requests_total', 'Counter of DNS requests being allowed.', ['server', 'view']),
  block: counted('blocked'), filter: counted('filtered'), drop: counted('dropped'),
};

/** ACL-3: the first policy that fits type and source. */
function decide(stanza: Stanza, query: Query): Policy | undefined {
  const { bytes, clientAt, clientLength, type } = query;
  for (const policy of stanza.policies) {
    const { types, sources } = policy;
    if (types !== undefined && !types.has(type)) continue;
    if (sources !== undefined && !sources.some(({ network, bits }) => liesInPrefix(bytes, clientAt, clientLength, network, bits))) continue;
    return policy;
  }
  return undefined;
}

/** Policies, and how often each action was taken: by which of several policies is not counted. */
function shown(stanzas: readonly Stanza[], counted: Counted): readonly ShownRule[] {
  const policies = stanzas.flatMap((stanza) => stanza.policies);
  const acting = (['block', 'filter', 'drop'] as const).map((action) => (
    { action, all: policies.filter((each) => each.action === action) }));
  const alone = new Map(acting.flatMap(({ action, all }) => (all.length === 1 ? [[all[0]!, counted(FAMILIES[action])]] : [])));
  return [
    ...policies.map((policy) => ({ what: policy.written, at: policy.at, ...(alone.has(policy) && { hits: alone.get(policy)! }) })),
    ...acting.flatMap(({ action, all }) => (all.length > 1 ? [{ what: `${action}: all policies`, hits: counted(FAMILIES[action]) }] : [])),
    { what: 'allowed, or of no policy', hits: counted(FAMILIES.allow) },
  ];
}

/** ACL-4, ACL-5: what is said, with an Extended DNS Error for clients that sent an OPT. */
function refuse(query: Query, action: Exclude<Action, 'allow'>): Outcome {
  if (action === 'drop') return drop();
  query.extendedError = { code: action === 'block' ? INFO_CODE.BLOCKED : INFO_CODE.FILTERED, text: '' };
  return query.begin(0, action === 'block' ? RCODE.REFUSED : 0);
}

export default definePlugin({
  name: 'acl',
  metrics: FAMILIES,
  parse: (lines, { zones }) => readStanzas(lines, zones),
  create(stanzas, site) {
    site.put(ShownRules, { by: 'acl', rules: (counted) => shown(stanzas, counted) });
    let metrics: Metrics;
    let families: { readonly [action in Exclude<Action, 'allow'>]: Family };
    let allowed: PerServer<number>;
    const policyText: Remark = (stanza, number) => {
      const { written, at } = stanzas[stanza]!.policies[number]!;
      return `${written} (line ${at.line})`;
    };
    const count = (query: Query, action: Exclude<Action, 'allow'>, zone: Name) => {
      metrics.values[families[action].cell([query.channel.service.label, zone.text, site.view])]!++;
    };
    return {
      rehearsal: 'as served',
      start(run) {
        metrics = run.metrics;
        const [block, filter, dropped] = [FAMILIES.block, FAMILIES.filter, FAMILIES.drop].map((each) => metrics.family(each));
        families = { block: block!, filter: filter!, drop: dropped! };
        const family = metrics.family(FAMILIES.allow);
        allowed = new PerServer(({ label }) => family.cell([label, site.view]));
      },
      handle(query, next) {
        for (const stanza of stanzas) {
          const zone = stanza.zones.match(query.name);
          if (zone === undefined) continue;
          const policy = decide(stanza, query);
          if (policy === undefined) continue;
          const { action } = policy;
          query.note(policyText, stanzas.indexOf(stanza), stanza.policies.indexOf(policy));
          if (action === 'allow') break;
          count(query, action, zone);
          return refuse(query, action);
        }
        metrics.values[allowed.of(query.channel.service)]!++;
        return next(query);
      },
    };
  },
});
