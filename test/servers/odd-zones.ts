// Zones that nobody would write and every server must serve: wildcards under wildcards, aliases in circles, cuts below renamed subtrees.
// Knows what makes a file that servers load; knows no server.

/** One zone: its lines, and names in it, near it and nowhere. */
export interface OddZone {
  readonly zone: string;
  readonly lines: readonly string[];
  readonly names: readonly string[];
}

const LABELS = ['a', 'b', 'c', '*', 'ns', 'x'];

/** The same zone for the same number. */
export function oddZone(number: number): OddZone {
  let state = number * 7919 + 13;
  const below = (most: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const zone = `z${number}.test.`;
  const name = (): string => `${Array.from({ length: 1 + below(3) }, () => pick(LABELS)).join('.')}.${zone}`;
  const target = (): string => pick([name(), name(), name(), zone, 'out.example.', `ns.${zone}`]);
  const owned = new Map<string, string[]>();
  const put = (owner: string, record: string): void => {
    const records = owned.get(owner) ?? [];
    if (!records.includes(record)) owned.set(owner, [...records, record]);
  };
  for (let i = 6 + below(14); i > 0; i--) {
    const owner = name();
    const has = owned.get(owner) ?? [];
    const kind = below(12);
    const isPlain = !owner.startsWith('*') && !has.some((record) => /^(DNAME|NS)/.test(record));
    if (kind < 2) put(owner, `CNAME ${target()}`);
    else if (kind === 2 && isPlain) {
      put(owner, `NS ${target()}`);
      if (below(2) === 0) put(owner, `NS ns.${owner}`);
      if (below(3) === 0) put(owner, `DS 1 13 2 ${'ab'.repeat(32)}`);
      put(`ns.${owner}`, 'A 192.0.2.53');
    } else if (kind === 3 && isPlain) put(owner, `DNAME ${pick([name(), 'other.example.', name()])}`);
    else if (kind < 7) put(owner, pick([`MX 10 ${target()}`, 'AAAA 2001:db8::1', 'TXT "t"', `SRV 1 1 1 ${target()}`]));
    else put(owner, `A 192.0.2.${1 + below(9)}`);
  }
  mend(owned);
  const lines = [`${zone} 300 IN SOA nss.${zone} h.${zone} 1 7200 3600 86400 60`, `${zone} 300 IN NS nss.${zone}`,
    `nss.${zone} 300 IN A 192.0.2.1`, ...[...owned].flatMap(([owner, records]) => records.map((record) => `${owner} 300 IN ${record}`))];
  return { zone, lines, names: namesOf(zone, [...owned.keys()]) };
}

/** Takes out what makes a file that not all load: an alias beside others, names below a DNAME, more than addresses below a cut. */
function mend(owned: Map<string, string[]>): void {
  const has = (owner: string, type: string): boolean => owned.get(owner)?.some((record) => record.startsWith(`${type} `)) === true;
  for (const [owner, records] of [...owned]) {
    if (has(owner, 'CNAME')) owned.set(owner, records.filter((record) => record.startsWith('CNAME')).slice(0, 1));
  }
  for (const owner of [...owned.keys()].filter((each) => has(each, 'DNAME'))) {
    for (const other of [...owned.keys()]) if (other.endsWith(`.${owner}`)) owned.delete(other);
  }
  for (const owner of [...owned.keys()].filter((each) => has(each, 'NS'))) {
    owned.set(owner, owned.get(owner)!.filter((record) => /^(NS|DS|A)/.test(record)));
    for (const other of [...owned.keys()].filter((each) => each.endsWith(`.${owner}`))) {
      owned.set(other, owned.get(other)!.filter((record) => record.startsWith('A')));
    }
  }
  for (const [owner, records] of [...owned]) {
    const left = has(owner, 'NS') ? records : records.filter((record) => !record.startsWith('DS'));
    if (owned.get(owner)!.length === 0 || left.length === 0) owned.delete(owner);
  }
}
function namesOf(zone: string, owners: readonly string[]): readonly string[] {
  const names = new Set([zone, `nss.${zone}`, `nx.${zone}`]);
  for (const owner of owners) {
    for (let name = owner; name !== zone; name = name.slice(name.indexOf('.') + 1)) {
      for (const each of [name, `q.${name}`, `*.${name}`, `a.q.${name.slice(name.indexOf('.') + 1)}`]) names.add(each);
    }
  }
  return [...names].filter((each) => each.length < 120);
}
