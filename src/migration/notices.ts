// What a Corefile would meet on its way to another version, without moving it: what ends, what is new, what this program has no word on,
// and whether it is the one that an installer made. Knows lines and tables; changes nothing.
import { concerns } from './migrate.ts';
import type { Project } from './document.ts';
import { linesOf } from './tree.ts';
import type { Statement } from './tree.ts';
import { CHANGES, DEFAULTS, installedCorefile, severityIn, versionsBetween } from './versions.ts';

/** One thing. */
export interface Notice {
  readonly plugin: string;
  readonly option: string | undefined;
  /** What happens, in the version. */
  readonly what: 'deprecated' | 'ignored' | 'removed' | 'added' | 'unsupported';
  readonly version: string;
  readonly replacement: string | undefined;
}
const TEXTS: Readonly<Record<Notice['what'], string>> = {
  deprecated: 'deprecated in', ignored: 'ignored in', removed: 'removed in', added: 'added as a default in',
  unsupported: 'unsupported by this migration tool in',
};
/** In the words of CoreDNS's own tool. */
export function noticeText({ plugin, option, what, version, replacement }: Notice): string {
  const subject = option === undefined ? `Plugin "${plugin}"` : `Option "${option}" in plugin "${plugin}"`;
  return `${subject} is ${TEXTS[what]} ${version}.${replacement === undefined ? '' : ` It is replaced by "${replacement}".`}`;
}

/** What ends or comes behind `from` up to `to`, each once in the version in which it begins. Throws Error where one is not known. */
export function noticesOf(project: Project, from: string, to: string): Notice[] {
  const notices: Notice[] = [];
  const lines = project.lines.map(({ statement }) => statement);
  let before = from;
  for (const version of versionsBetween(from, to)) {
    for (const change of CHANGES) {
      const { plugin, option, replacement } = change;
      const severity = severityIn(change, version);
      const isThere = lines.some(({ words, body = [] }) =>
        words[0] === plugin && (option === undefined || body.some((each) => concerns(change, each))));
      if (severity !== undefined && severity !== severityIn(change, before) && isThere) {
        notices.push({ plugin, option, what: severity, version, replacement });
      }
    }
    for (const { plugin, option, beside = [], since } of DEFAULTS) {
      const isLacking = option === undefined
        ? project.blocks.some(({ document, statement: { body = [] } }) => lacks(project.wordsOf(document, body), plugin, beside))
        : lines.some(({ words, body = [] }) => words[0] === plugin && !body.some((each) => each.words[0] === option));
      if (since === version && isLacking) notices.push({ plugin, option, what: 'added', version, replacement: undefined });
    }
    before = version;
  }
  return notices;
}
const lacks = (words: readonly string[], plugin: string, beside: readonly string[]): boolean =>
  words.some((word) => beside.includes(word)) && !words.includes(plugin);

/** Words and options that nobody here has heard of: `knows` says yes to others. They stay as they are. */
export function unsupportedIn(project: Project, version: string, knows: (plugin: string, option: string | undefined) => boolean): Notice[] {
  const notices = new Map<string, Notice>();
  const add = (plugin: string, option: string | undefined): void => {
    const isOld = CHANGES.some((change) => change.plugin === plugin && (option === undefined || change.option === option));
    if (isOld || plugin === 'import' || knows(plugin, option)) return;
    notices.set(`${plugin} ${option}`, { plugin, option, what: 'unsupported', version, replacement: undefined });
  };
  for (const { statement: { words: [plugin = ''], body = [] } } of project.lines) {
    add(plugin, undefined);
    if (knows(plugin, undefined)) for (const { words: [option = ''] } of body) add(plugin, option);
  }
  return [...notices.values()];
}

/** Whether this is the Corefile that installers made for a version of Kubernetes: one block, in whatever order. */
export function isInstalled(project: Project, kubernetes: string): boolean {
  const lines = installedCorefile(kubernetes);
  const [block, ...others] = project.blocks;
  if (lines === undefined || block === undefined || others.length > 0 || project.documents.length > 1) return false;
  const { words, body = [] } = block.statement;
  return words.length === 1 && words[0] === '.:53' && isLike(body, linesOf(lines.join('\n'), kubernetes));
}
function isLike(body: readonly Statement[], like: readonly Statement[]): boolean {
  if (body.length !== like.length) return false;
  const left = [...like];
  return body.every((each) => {
    const at = left.findIndex((other) => fits(each.words, other.words) && isLike(each.body ?? [], other.body ?? []));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
function fits(words: readonly string[], like: readonly string[]): boolean {
  const rest = like.indexOf('***');
  if (rest < 0 ? words.length !== like.length : words.length < rest) return false;
  return like.slice(0, rest < 0 ? undefined : rest).every((word, i) => word === '*' || word === words[i]);
}
