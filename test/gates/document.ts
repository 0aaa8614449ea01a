// Compares the tree that ARCHITECTURE.md draws with the folders that are there. Knows the drawing's form, nothing of what
// the folders hold.

/** The folders that the first code block of the page draws: one a line, indented by two spaces a level, each ending in a slash. */
export function drawn(page: string): string[] {
  const block = /```[a-z]*\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const above: string[] = [];
  const found: string[] = [];
  for (const line of block.split('\n')) {
    const [, indent, names] = /^( *)((?:[\w.<>-]+\/)+(?: +(?:[\w.<>-]+\/)+)*)/.exec(line) ?? [];
    if (indent === undefined || names === undefined) continue;
    const depth = indent.length / 2;
    above.length = Math.min(above.length, depth);
    const folders = names.trim().split(/ +/).map((name) => [...above, name.slice(0, -1)].join('/'));
    found.push(...folders);
    above[depth] = names.trim().split(/ +/)[0]?.slice(0, -1) ?? '';
  }
  return found;
}

/** What the page's table lets each layer import: `dns, corefile; types of store` as two lists. Rows that say it in words are left out. */
export function layersAllowed(page: string): ReadonlyMap<string, { readonly values: string[]; readonly types: string[] }> {
  const rows = [...page.matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|[^|]*\| ([^|]*) \|$/gm)];
  const list = (text: string) => text.split(', ').filter((word) => word !== '' && word !== 'nothing');
  return new Map(rows.flatMap(([, names = '', cell = '']) => {
    const [values = '', types = ''] = cell.split('; types of ');
    if (!/^[a-z-]+(, [a-z-]+)*$/.test(values)) return [];
    return names.replaceAll('`', '').split(', ').map((name) => [name, { values: list(values), types: list(types) }] as const);
  }));
}

/** What the drawing and the folders do not agree on. A drawn `<word>` stands for every folder at its place. */
export function disagreements(drawing: readonly string[], folders: readonly string[]): string[] {
  const pattern = (path: string) => new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/<[^>]+>/g, '[^/]+')}$`);
  const patterns = drawing.map((path) => ({ path, matches: pattern(path) }));
  const gone = patterns.filter(({ matches }) => !folders.some((folder) => matches.test(folder)));
  const left = folders.filter((folder) => !patterns.some(({ matches }) => matches.test(folder)));
  return [
    ...gone.map(({ path }) => `${path}/ is drawn, and is not there`),
    ...left.map((folder) => `${folder}/ is there, and is not drawn`),
  ];
}
