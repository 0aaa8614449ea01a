// Zone files of any size: names of hosts, and delegations. Knows no server.
export const SOA = '3600 IN SOA ns1 hostmaster 2026010100 7200 3600 1209600 300';

/** A zone of so many names, of 2.1 records each. */
export function zone(names, origin = 'bench.test.') {
  const lines = [`$ORIGIN ${origin}`, `@ ${SOA}`, '@ 3600 IN NS ns1', '@ 3600 IN NS ns2', 'ns1 3600 IN A 192.0.2.1', 'ns2 3600 IN A 192.0.2.2'];
  for (let i = 0; i < names; i++) {
    lines.push(`host${i} 300 IN A 10.${i >> 16}.${i >> 8 & 255}.${i & 255}`, `host${i} 300 IN AAAA 2001:db8::${(i >> 16).toString(16)}:${(i & 65535).toString(16)}`);
    if (i % 10 === 0) lines.push(`host${i} 300 IN MX 10 host${i + 1 < names ? i + 1 : 0}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The name of a delegation, in no order. */
export const delegated = (i) => `d${(Math.imul(i + 1, 2654435761) >>> 0).toString(36)}`;
/** A zone of so many delegations, a third of them with two name servers below themselves and four addresses, the others with two elsewhere. */
export function delegations(count, origin = 'tld.') {
  const lines = [`$ORIGIN ${origin}`, '$TTL 86400', `@ ${SOA}`, '@ IN NS ns1', '@ IN NS ns1.elsewhere.', 'ns1 IN A 192.0.2.1'];
  for (let i = 0; i < count; i++) {
    const name = delegated(i);
    if (i % 3 !== 0 || i === count - 1) lines.push(`${name} IN NS ns1.host${i % 5000}.elsewhere.`, `${name} IN NS ns2.host${i % 5000}.elsewhere.`);
    else for (const n of [1, 2]) {
      const [low, high] = [i & 255, i >> 8 & 255];
      lines.push(`${name} IN NS ns${n}.${name}`, `ns${n}.${name} IN A 10.${n}.${high}.${low}`, `ns${n}.${name} IN AAAA 2001:db8:${n}::${i.toString(16)}`.replace(/::(.+)(.{4})$/, '::$1:$2'));
    }
  }
  return `${lines.join('\n')}\n`;
}
