// The rules by which a server judges questions and answers, as the API tells of them, with how often each had a say. Knows a slot that
// parts fill, and metrics.
import type { HttpReply } from '../http/message.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { ShownRules } from '../kernel/site/shown.ts';
import type { Counted } from '../kernel/site/shown.ts';
import type { Site } from '../kernel/site/site.ts';
import { replyJson } from './reply.ts';
import { blockName } from './things.ts';

/** Every rule of every block, in the order of the Corefile. */
export function policies(run: Run): HttpReply {
  const rows = run.sites.flatMap((site) => site.all(ShownRules).map(({ by, rules }) => ({
    block: blockName(site), by,
    rules: rules(countedFor(run, site)).map(({ what, at, size, hits }) => (
      { what, at: at === undefined ? null : `${at.file}:${at.line}`, size: size ?? null, hits: hits ?? null })),
  })));
  return replyJson({ policies: rows });
}
/** Sums series of a family that are a block's: those of its servers and its view, where the family tells these apart. */
function countedFor({ metrics, whole }: Run, site: Site): Counted {
  const addresses = whole.serving()?.configuration.addresses ?? [];
  const servers = addresses.filter(({ zones }) => zones.some(([, each]) => each === site)).map(({ label }) => label);
  return (declaration, values = {}) => {
    const family = metrics.family(declaration);
    const isOwn = (value: string, label: string): boolean => {
      if (values[label] !== undefined) return values[label] === value;
      return label === 'server' ? servers.includes(value) : label !== 'view' || value === site.view;
    };
    let sum = 0;
    for (const series of family.series()) {
      if (series.values.every((value, i) => isOwn(value, family.labels[i]!))) sum += family.total(series);
    }
    return sum;
  };
}
