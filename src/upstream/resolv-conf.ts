// Name servers and search list of a resolv.conf file (LIBD-9). Knows its lines; opens nothing.

/** The words behind `nameserver`, in order. A zone behind `%` stays. */
export function nameservers(text: string): readonly string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.startsWith(';')) continue;
    const [word, address] = line.trim().split(/\s+/);
    if (word === 'nameserver' && address !== undefined) found.push(address);
  }
  return found;
}

/** The words of the search list: those behind the last `search` or `domain`, of which a domain counts its first. */
export function searchList(text: string): readonly string[] {
  let found: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [word, ...names] = line.trim().split(/\s+/);
    if (word === 'search') found = names;
    else if (word === 'domain') found = names.slice(0, 1);
  }
  return found;
}
