// Rules that keep the TTLs of replies within bounds (REW-6). Knows how bounds are written.
import { matchKind, nameMatcher } from './match.ts';
import { Responses } from './responses.ts';
import type { Rule } from './subject.ts';

/** The largest TTL (RFC 2181 section 8), where no upper bound is given, and the largest number that is read. */
const MOST = 2 ** 31 - 1, READ = 2 ** 32 - 1;

/** `ttl [KIND] NAME SECONDS|MIN-MAX|-MAX|MIN-`. Throws Error. */
export function ttlRule(stops: boolean, args: readonly string[]): Rule {
  if (args.length < 2) throw new Error(`too few (${args.length}) arguments for a ttl rule`);
  const words = args.length === 2 ? ['exact', ...args] : args;
  const text = words.length === 3 ? words[2]! : '';
  const bounds = readBounds(text);
  if (bounds === undefined) throw new Error(`invalid TTL '${text}' for a ttl rule`);
  const kind = matchKind(words[0]!);
  if (kind === undefined) throw new Error('ttl rule supports only exact, prefix, suffix, substring, and regex name matching');
  const matches = nameMatcher(kind, words[1]!, 'a ttl rule');
  const responses = new Responses([{ kind: 'ttl', least: bounds[0], most: bounds[1] }]);
  return { stops, apply: ({ text: name }) => (matches(name) ? responses : undefined) };
}

function readBounds(text: string): readonly [least: number, most: number] | undefined {
  const [least, most, more] = text.split('-');
  if (more !== undefined || text === '-') return undefined;
  if (most === undefined) return bounds(seconds(least!), seconds(least!));
  return bounds(least === '' ? 0 : seconds(least!), most === '' ? MOST : seconds(most));
}
const bounds = (least: number, most: number): readonly [number, number] | undefined => (least <= most ? [least, most] : undefined);
/** NaN where it is no number of seconds. */
function seconds(text: string): number {
  return /^\d+$/.test(text) && Number(text) <= READ ? Number(text) : NaN;
}
