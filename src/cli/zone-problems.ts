// What is wrong in the zone files that a Corefile names, as `check` tells it: what stops a start, and what would be served and is hardly
// meant. Knows findings of Corefiles and of zones; starts nothing.
import { statSync } from 'node:fs';
import { Loading } from '../authority/zone/loading.ts';
import type { ZoneMention } from '../corefile/directive.ts';
import { Name } from '../dns/name.ts';
import { Memory } from '../store/memory.ts';
import type { Findings } from './check.ts';
import type { Problem } from './problem.ts';
import { zoneFindings } from './zone-findings.ts';
import { readZone } from './zone-records.ts';

/** The most problems of zones that are told of one Corefile, and the most bytes of a file that is looked into. */
const MOST = 100, LARGEST = 64 << 20;

/** The findings, and those in the zone files that the Corefile names, errors first where there are more than a hundred. */
export async function withZoneProblems(findings: Findings): Promise<Findings> {
  const { problems, remarks, zones } = findings;
  const found = new Found();
  let loading: Loading | undefined;
  // Who stops the start comes first: a file that auto takes as well is told of once.
  for (const { stops, list } of zones.toSorted((one, other) => Number(other.stops) - Number(one.stops))) {
    for (const mention of await list()) {
      if (!found.isFirst(mention)) continue;
      const size = sizeOf(mention.path);
      // Whoever wanted a file that is missing said so.
      if (size === undefined && mention.refusal === undefined) continue;
      if ((size ?? 0) > LARGEST) found.remarks.push(`${mention.path} is larger than ${LARGEST >> 20} MB and was not looked into`);
      else {
        loading ??= new Loading(Memory.create(), await import('../authority/zone/digest.ts'));
        found.add(problemsOf(mention, stops && size !== undefined, loading));
      }
    }
  }
  const told = found.told();
  return { ...findings, problems: [...problems, ...told], remarks: [...remarks, ...found.remarks] };
}

/** What was found in all files, each thing once. */
class Found {
  readonly remarks: string[] = [];
  readonly #zones = new Set<string>();
  readonly #seen = new Set<string>();
  #problems: Problem[] = [];
  #left = 0;

  /** Whether nobody named this file for this zone before: views have the same ones. */
  isFirst({ zone, path }: ZoneMention): boolean {
    const key = JSON.stringify([zone, path]);
    return !this.#zones.has(key) && this.#zones.add(key).has(key);
  }
  add(problems: readonly Problem[]): void {
    for (const problem of problems) {
      const key = JSON.stringify([problem.file, problem.line, problem.column, problem.message]);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#problems.push(problem);
    }
    if (this.#problems.length > MOST) this.#cut();
  }
  /** Keeps as many as are told, errors before warnings, in their order. */
  #cut(): void {
    const isError = ({ severity }: Problem): boolean => severity === 'error';
    const kept = new Set([...this.#problems.filter(isError), ...this.#problems.filter((each) => !isError(each))].slice(0, MOST));
    this.#left += this.#problems.length - kept.size;
    this.#problems = this.#problems.filter((each) => kept.has(each));
  }
  told(): readonly Problem[] {
    if (this.#left > 0) this.remarks.push(`the first ${MOST} problems of its zone files are told, ${this.#left} more are not`);
    return this.#problems;
  }
}

/** Bytes of a file; undefined where there is none, 0 where that cannot be seen. */
function sizeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size;
  } catch {
    return 0;
  }
}

/** Only what keeps a server from loading the zone is an error here, and only where that stops the start. */
function problemsOf(mention: ZoneMention, stops: boolean, loading: Loading): readonly Problem[] {
  const { zone, path, refusal: refused, digest, iterations } = mention;
  const name = Name.parse(zone);
  const text = readZone(path, name, MOST);
  const isBroken = text.problems.length > 0;
  const now = Math.floor(Date.now() / 1000);
  const refusal = isBroken ? undefined : refused === undefined ? loading.refusal(path, name, now, digest, iterations) : refused();
  const worst = stops ? 'error' : 'warning';
  const found = zoneFindings(name, path, text, now).flatMap((finding): Problem[] => {
    const { file, line, column, message } = finding;
    // What cannot be read has a column, or is the whole file; what is wrong with the zone as a whole follows from a refusal.
    if (refusal !== undefined && line === 0) return [];
    const isUnreadable = isBroken && (column > 0 || line === 0);
    return [{ file, line, column, severity: isUnreadable ? worst : 'warning', code: 'zone', message }];
  });
  if (refusal === undefined) return found;
  return [{ file: path, line: 0, column: 0, severity: worst, code: 'zone', message: refusal }, ...found];
}
