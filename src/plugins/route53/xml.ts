// XML as AWS's APIs write it: elements and text. Knows no attributes and no name of an element; what is no such document is refused.

/** An element: its children in order, or its text. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const TOKEN = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w:.-]*)(?:\s[^<>]*?)?(\/?)>|([^<]+)/y;
/** How deep elements may lie. */
const DEEPEST = 32;

function decoded(text: string): string {
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w+);/gi, (whole, entity: string) => {
    if (!entity.startsWith('#')) return Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity]! : whole;
    const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The document's element. Throws Error. */
export function readXml(text: string): Element {
  const open: { name: string; children: Element[]; text: string }[] = [{ name: '', children: [], text: '' }];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const found = TOKEN.exec(text);
    if (found === null) throw new Error(`no XML at ${at}`);
    const [, closing, name, empty, content] = found;
    if (content !== undefined) open.at(-1)!.text += decoded(content);
    if (name === undefined) continue;
    if (closing === '/') {
      const ended = open.pop()!;
      if (open.length === 0 || ended.name !== name) throw new Error(`</${name}> ends nothing`);
      open.at(-1)!.children.push(ended);
    } else if (empty === '/') open.at(-1)!.children.push({ name, children: [], text: '' });
    else if (open.push({ name, children: [], text: '' }) > DEEPEST) throw new Error('elements lie too deep');
  }
  const [root] = open[0]!.children;
  if (open.length !== 1 || root === undefined) throw new Error('the document is cut');
  return root;
}
/** The first child of this name, or undefined. */
export const child = ({ children }: Element, name: string): Element | undefined => children.find((each) => each.name === name);
/** Its text, '' where there is none. */
export const textOf = (element: Element | undefined, name: string): string =>
  (element === undefined ? '' : child(element, name)?.text.trim() ?? '');
/** All children of this name. */
export const all = ({ children }: Element, name: string): readonly Element[] => children.filter((each) => each.name === name);
