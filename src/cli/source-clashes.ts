// Zones that two lines of a block have: one of them answers, and the other one never does. Knows which plugin comes first.
import type { SourceMention } from '../corefile/directive.ts';
import { Name } from '../dns/name.ts';
import type { ReadOptions } from '../kernel/site/build.ts';
import type { Problem } from './problem.ts';

/** A zone of a block, whose it is, and which place that has among the plugins. */
interface Source extends SourceMention {
  readonly plugin: string;
  readonly rank: number;
  readonly name: Name;
}

/** A problem for each zone that never answers, as another line of its block has it. `order` are the plugins as questions meet them. */
export async function sourceClashes(notes: NonNullable<ReadOptions['notes']>, order: readonly string[]): Promise<Problem[]> {
  const blocks = new Map<number, Source[]>();
  for (const note of notes) {
    if (note.what !== 'sources') continue;
    const { plugin, block } = note;
    const sources = (await note.list()).map((source): Source =>
      ({ ...source, plugin, rank: order.indexOf(plugin), name: Name.parse(source.zone) }));
    blocks.set(block, [...blocks.get(block) ?? [], ...sources]);
  }
  return [...blocks.values()].flatMap(clashesOf);
}

function clashesOf(sources: readonly Source[]): Problem[] {
  const answering: Source[] = [];
  return sources.toSorted((one, other) => one.rank - other.rank).flatMap((source, i, all): Problem[] => {
    const same = all.slice(i + 1).findLast(({ plugin, name }) => plugin === source.plugin && name.equals(source.name));
    if (same !== undefined) return [told(source, `stands in line ${same.at.line} again, which counts: this line does not have it`)];
    const first = answering.find(({ rank, name, falls }) => rank < source.rank && !falls && source.name.isUnder(name));
    answering.push(source);
    if (first === undefined) return [];
    const what = first.name.equals(source.name) ? 'is' : `is below ${first.zone}, which is`;
    return [told(source, `${what} plugin/${first.plugin}'s too (line ${first.at.line}), which comes first and answers: ${
      source.plugin} never does`)];
  });
}
const told = ({ at: { file, line, column }, plugin, zone }: Source, text: string): Problem =>
  ({ file, line, column, severity: 'warning', code: 'overlap', message: `plugin/${plugin}: zone ${zone} ${text}` });
