// Name servers of a resolv.conf file (LIBD-9). Knows its lines; opens nothing.

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
