// What a plugin's README.md must hold: its sections, in order, and Corefiles that can be read. Knows Markdown's headings
// and fences, nothing of plugins.

/** The sections every page has, in this order; others may stand between and after them. */
export const SECTIONS = ['Name', 'Description', 'Syntax', 'Examples'];

/** What is wrong with the sections of a page. */
export function sections(page: string): string[] {
  const prose = page.replace(/^(```|~~~)[\s\S]*?^\1\s*$/gm, '');
  const headings = [...prose.matchAll(/^## +(.+?)\s*$/gm)].map(([, heading]) => heading ?? '');
  const missing = SECTIONS.filter((section) => !headings.includes(section));
  const there = headings.filter((heading) => SECTIONS.includes(heading));
  const right = SECTIONS.filter((section) => there.includes(section));
  return [
    ...missing.map((section) => `has no section ${section}`),
    ...(there.join() === right.join() ? [] : [`has its sections in the order ${there.join(', ')}`]),
  ];
}

/** A Corefile in a page: its text and the line of the page that it begins on. */
export interface Example { readonly text: string; readonly line: number }

/** The blocks of a page that are whole Corefiles: those fenced as `corefile`. */
export function examples(page: string): Example[] {
  return [...page.matchAll(/^(```|~~~) *corefile\s*\n([\s\S]*?)^\1\s*$/gm)].map((match) => ({
    text: match[2] ?? '',
    line: page.slice(0, match.index).split('\n').length + 1,
  }));
}

/** The files that a page holds: fenced blocks that have a name behind their language, as in `ts index.ts`. */
export const filesIn = (page: string): Map<string, string> =>
  new Map([...page.matchAll(/^``` *\w+ +(\S+)\s*\n([\s\S]*?)^```\s*$/gm)].map(([, file, text]) => [file ?? '', text ?? '']));
