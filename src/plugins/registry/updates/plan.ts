// What of the store an UPDATE changes: sets of records, and parts of sets that have a lease of their own, where an update with a lease adds
// to records that others have registered. Knows keys, sets and records; writes nothing.
import { recordKey } from '../../../authority/update.ts';
import type { Name } from '../../../dns/name.ts';
import { printRdata } from '../../../dns/rr.ts';
import type { RR } from '../../../dns/rr.ts';
import { TYPE, typeName } from '../../../dns/type-name.ts';
import { GRANTED } from '../../../key-value/key-value.ts';
import type { Comparison, Operation } from '../../../key-value/key-value.ts';
import { keyOf } from '../../../skydns/message.ts';
import type { KeyTree } from '../../../skydns/tree.ts';
import { isLabel } from '../places.ts';
import { keysOf, readKeptSet, setKeyOf, setOperations, setType } from '../record-sets.ts';
import type { KeptSet } from '../record-sets.ts';

/** What an update comes to in a zone. */
export interface Wish {
  readonly zone: Name;
  /** What names have from then on, of those that it changes. */
  readonly changed: ReadonlyMap<Name, readonly RR[]>;
  /** What a name has now. */
  readonly at: (name: Name) => readonly RR[];
  /** The records that it adds, there already or not. */
  readonly adds: readonly RR[];
  /** Names that it has prerequisites of. */
  readonly required: readonly Name[];
  readonly holder: string;
  /** Seconds that what it adds is there unless that comes again; undefined: it stays. */
  readonly lease: number | undefined;
  /** Leases that are not there any more. */
  readonly gone: ReadonlySet<bigint>;
}
/** What is to be written, and what may not have changed meanwhile. */
export interface Plan {
  readonly operations: Operation[];
  readonly comparisons: Comparison[];
  readonly renewed: Set<bigint>;
  /** Why it cannot be. */
  refused: string | undefined;
}
/** A set, or a part of one. */
interface Part {
  readonly key: string;
  readonly kept: KeptSet;
  readonly lease: bigint;
  readonly revision: bigint;
}

/** Records of one key; names of which each has a comparison of its own; parts that a prerequisite holds fast. */
const MOST_RECORDS = 100, MOST_NAMES = 40, MOST_HELD = 16;
const textOf = ({ type, rdata }: RR): string => printRdata(type, rdata);

/** What has to be done. `revision` is what the tree is as of; `fresh` makes names of parts. */
export function planOf(tree: KeyTree, path: string, revision: bigint, wish: Wish, fresh: () => string): Plan {
  const plan: Plan = { operations: [], comparisons: [], renewed: new Set(), refused: undefined };
  // Those of `changed` last: that is asked by them.
  const names = new Map([...wish.lease === undefined ? [] : wish.adds.map(({ name }) => name.folded), ...wish.changed.keys()]
    .map((name) => [name.key, name]));
  for (const name of names.values()) {
    planName({ plan, tree, path, wish, fresh }, name);
    if (plan.refused !== undefined) return plan;
  }
  const key = (name: Name): string => keyOf(path, name.folded.split());
  if (plan.operations.length > 0) {
    const all = [...names.values()];
    // Nobody else has changed a set of theirs since; of many names, nothing of the zone.
    const since = all.length > MOST_NAMES ? [[`${key(wish.zone)}/`, `${key(wish.zone)}0`]]
      : all.map((name) => [`${key(name)}/-`, `${key(name)}/.`]);
    for (const [from, end] of since) plan.comparisons.push({ key: from!, end: end!, revision });
  }
  for (const name of new Map(wish.required.map((each) => [each.key, each])).values()) {
    const held = tree.range(key(name), true, MOST_HELD);
    plan.comparisons.push({ key: `${key(name)}/`, end: `${key(name)}0`, revision });
    for (const each of held) plan.comparisons.push({ key: each.key, revision: each.revision });
  }
  // A key may be held by both.
  const once = new Map(plan.comparisons.map((each) => [`${each.key} ${each.end ?? ''}`, each]));
  return { ...plan, comparisons: [...once.values()] };
}
interface Making {
  readonly plan: Plan;
  readonly tree: KeyTree;
  readonly path: string;
  readonly wish: Wish;
  readonly fresh: () => string;
}
function planName(making: Making, name: Name): void {
  const { plan, path, wish } = making;
  const labels = name.split();
  const isApex = name.equals(wish.zone);
  const wrong = labels.slice(0, labels.length - wish.zone.split().length).find((label) => !isLabel(label));
  if (wrong !== undefined) {
    plan.refused = `${name.text} cannot be registered: labels have letters, digits and hyphens`;
    return;
  }
  const own = ({ type }: RR): boolean => !(isApex && type === TYPE.SOA);
  const was = wish.at(name).filter(own);
  const is = (wish.changed.get(name) ?? was).filter(own);
  const leased = wish.lease === undefined ? [] : wish.adds.filter((each) => each.name.equals(name));
  for (const type of new Set([...was, ...is, ...leased].map((each) => each.type))) {
    const of = (records: readonly RR[]): readonly RR[] => records.filter((each) => each.type === type);
    planSet(making, keyOf(path, labels), type, of(was), of(is), new Set(of(leased).map(textOf)));
    if (plan.refused !== undefined) return;
  }
}
/** `leased` are records that have a lease from then on, where they are new or have one already. */
function planSet(making: Making, name: string, type: number, was: readonly RR[], is: readonly RR[], leased: ReadonlySet<string>): void {
  const { plan, tree, wish } = making;
  const [before, after] = [new Set(was.map(recordKey)), new Set(is.map(recordKey))];
  const gone = new Set(was.filter((each) => !after.has(recordKey(each))).map(textOf));
  const come = is.filter((each) => !before.has(recordKey(each))).map(textOf);
  const ttl = is[0]?.ttl ?? 0;
  const isSame = gone.size + come.length === 0 && (is.length === 0 || was[0]!.ttl === ttl);
  if (isSame && leased.size === 0) return;
  const text = setType(typeName(type));
  if (text === undefined) return void (plan.refused = `records of type ${typeName(type)} are not registered`);
  const parts = partsAt(tree, name, text);
  if ([...gone].some((each) => !parts.some(({ kept }) => kept.set.records.includes(each)))) {
    return void (plan.refused = 'what an instance has is changed by its registration');
  }
  const base = setKeyOf(name, text);
  const moved: string[] = [];
  let left: string[] = [];
  for (const part of parts) {
    const { kept, lease, key } = part;
    const stay = kept.set.records.filter((each) => !gone.has(each));
    const again = lease === 0n ? [] : stay.filter((each) => leased.has(each));
    const isRenewed = again.length > 0 && kept.lease === wish.lease && !wish.gone.has(lease);
    if (isRenewed) plan.renewed.add(lease);
    else moved.push(...again);
    const records = isRenewed ? stay : stay.filter((each) => !again.includes(each));
    if (key === base) left = records;
    if (records.length === kept.set.records.length && (isSame || kept.set.ttl === ttl)) continue;
    plan.comparisons.push({ key, revision: part.revision });
    if (key !== base || records.length > 0) put(making, part, key, records, isSame ? kept.set.ttl : ttl, lease);
  }
  const own = parts.find(({ key }) => key === base);
  const more = [...come, ...moved];
  if (more.length > 0) add(making, { base, own, left, text, ttl: is[0]?.ttl ?? own?.kept.set.ttl ?? 0 }, more);
  else if (own !== undefined && left.length === 0) put(making, own, base, [], ttl, 0n);
}
/** Records that are new: with those of the set where they are alike, else a part of their own. */
function add(
  making: Making, { base, own, left, text, ttl }: {
    readonly base: string; readonly own: Part | undefined; readonly left: readonly string[]; readonly text: string; readonly ttl: number;
  }, more: readonly string[],
): void {
  const { plan, wish, fresh } = making;
  const isAlone = left.length === 0;
  const isAlike = isAlone || (wish.lease === undefined && own!.lease === 0n);
  const key = isAlike ? base : `${base}~${fresh()}`;
  if (!isAlike) {
    const kept = keptOf(text, ttl, more, wish.holder, wish.lease);
    if (more.length > MOST_RECORDS) return void (plan.refused = `a set has at most ${MOST_RECORDS} records`);
    plan.operations.push(...setOperations(key, kept, undefined, wish.lease === undefined ? 0n : GRANTED));
    return;
  }
  // What was planned for the set before is not what becomes of it.
  const isOf = (operation: Operation): boolean => {
    const at = 'put' in operation ? operation.put : operation.delete;
    return at === base || /^-\d+$/.test(at.startsWith(base) ? at.slice(base.length) : '');
  };
  const others = plan.operations.filter((each) => !isOf(each));
  plan.operations.splice(0, Infinity, ...others);
  if (own !== undefined) plan.comparisons.push({ key: base, revision: own.revision });
  const records = [...left, ...more];
  if (records.length > MOST_RECORDS) return void (plan.refused = `a set has at most ${MOST_RECORDS} records`);
  const kept = keptOf(text, ttl, records, isAlone ? wish.holder : own!.kept.owner, wish.lease);
  plan.operations.push(...setOperations(base, kept, before(own), wish.lease === undefined ? 0n : GRANTED));
}
/** Puts what stays of a part in its place; nothing: it is gone. */
function put({ plan }: Making, part: Part, key: string, records: readonly string[], ttl: number, lease: bigint): void {
  const { kept } = part;
  const next = records.length === 0 ? undefined : { ...kept, set: { ...kept.set, ttl, records } };
  plan.operations.push(...setOperations(key, next, before(part), lease));
}
const before = (part: Part | undefined): { readonly keys: readonly string[] } | undefined =>
  part && { keys: keysOf(part.key, part.kept) };
const keptOf = (type: string, ttl: number, records: readonly string[], owner: string, lease: number | undefined): KeptSet =>
  ({ set: { type, ttl, records }, owner, ...lease !== undefined && { lease } });

/** The set of a name and type, and its parts. */
function partsAt(tree: KeyTree, name: string, type: string): readonly Part[] {
  const base = setKeyOf(name, type);
  return (tree.named(name, Infinity) ?? []).flatMap(({ key, service, lease, revision }) => {
    const kept = key === base || key.startsWith(`${base}~`) ? readKeptSet(service?.coredns) : undefined;
    return kept === undefined ? [] : [{ key, kept, lease, revision }];
  });
}
