// Moves a Corefile from one version of CoreDNS to another, version by version. Knows what is to become of a line; how lines are changed is
// the document's.
import type { Document, Placed, Project } from './document.ts';
import type { Statement } from './tree.ts';
import { CHANGES, DEFAULTS, SINCE, severityIn, versionsBetween, versionsDown } from './versions.ts';
import type { Change, Default } from './versions.ts';

/** What was done to a line, for people. */
export interface Told {
  readonly version: string;
  readonly file: string;
  readonly text: string;
}
/** How it is done. */
export interface MoveOptions {
  /** What works still and is on its way out is replaced as well. */
  readonly deprecations: boolean;
}

/** Versions of CoreDNS that took one *forward* a server block: further ones for zones of their own get blocks of their own. */
const SPLITS = ['1.4.0', '1.5.0'];
/** What tells a line that a default brought, so that the way back finds it, and whether its braces came with it. */
const MARK = '# default since', OWN_BRACES = ', in braces of its own';

/** Moves to a newer version, in place. Throws Error in a text for people where a version is not known. */
export function moveUp(project: Project, from: string, to: string, { deprecations }: MoveOptions): Told[] {
  const told: Told[] = [];
  for (const version of versionsBetween(from, to)) {
    const tell = ({ path }: Document, text: string) => void told.push({ version, file: path, text });
    for (const change of CHANGES) {
      const severity = severityIn(change, version);
      if (severity === undefined || (severity === 'deprecated' && !deprecations)) continue;
      for (let placed = find(project, change); placed !== undefined; placed = find(project, change)) apply(change, placed, tell);
    }
    if (SPLITS.includes(version)) split(project, tell);
    for (const each of DEFAULTS) if (each.since === version) addDefault(project, each, tell);
  }
  return told;
}
/** Moves to an older version, in place: what that does not know is taken out. Throws like `moveUp`. */
export function moveDown(project: Project, from: string, to: string): Told[] {
  const told: Told[] = [];
  for (const version of versionsDown(from, to)) {
    const tell = ({ path }: Document, text: string) => void told.push({ version, file: path, text });
    for (const each of DEFAULTS) if (each.since === version) dropDefault(project, each, tell);
    for (const { plugin, option, since } of SINCE) {
      if (since !== version) continue;
      dropOptions(project, plugin, ({ words: [word] }) => word === option, tell, `${option} of ${plugin} is not known before ${version}`);
    }
  }
  return told;
}

type Tell = (document: Document, text: string) => void;
/** A line that a change is about, and the option in its braces where it is about one. */
interface Found extends Placed {
  readonly option: Statement | undefined;
}

function find(project: Project, change: Change): Found | undefined {
  for (const { document, statement } of project.lines) {
    if (statement.words[0] !== change.plugin) continue;
    if (change.option === undefined) return { document, statement, option: undefined };
    const option = statement.body?.find((each) => each.isPlain && concerns(change, each));
    if (option !== undefined) return { document, statement, option };
  }
  return undefined;
}
/** Whether a change is about this option. */
export const concerns = ({ option, argument, several }: Change, { words: [word, ...args] }: Statement): boolean =>
  word === option && (argument === undefined || args.includes(argument)) && (several !== true || args.length > 1);

function apply(change: Change, { document, statement, option }: Found, tell: Tell): void {
  const { plugin, becomes } = change;
  if (becomes === 'forward') return toForward(document, statement, tell);
  if (becomes === 'first') {
    const { words, written } = option!;
    document.reword(option!, written.slice(0, 2).join(' '));
    return tell(document, `${words.join(' ')} of ${plugin}: the first one alone counts`);
  }
  if (becomes === 'transfer') return toTransfer(document, statement, tell);
  const gone = option ?? statement;
  document.remove(gone);
  tell(document, option === undefined ? `${gone.words.join(' ')} is gone` : `${gone.words.join(' ')} of ${plugin} is gone`);
  if (option !== undefined) withoutEmptyBraces(document, statement);
}
/** Braces in which nothing is left go too. */
function withoutEmptyBraces(document: Document, { first }: Statement): void {
  const now = document.groups.flat().find((each) => each.first === first);
  if (now?.body !== undefined && document.isEmpty(now)) document.unbrace(now);
}

/** What `forward` has of the options of `proxy`; the others have no counterpart. */
function forwardOption({ words: [word, ...args], written }: Statement): string | undefined {
  const isShared = word === 'except' || word === 'force_tcp' || (word === 'policy' && args[0] !== 'least_conn');
  if (isShared) return written.join(' ');
  return word === 'protocol' && args.includes('force_tcp') ? 'force_tcp' : undefined;
}
function toForward(document: Document, { first, written, words }: Statement, tell: Tell): void {
  const here = () => document.groups.flat().find((each) => each.first === first)!;
  document.reword(here(), ['forward', ...written.slice(1)].join(' '));
  tell(document, `${words.join(' ')} becomes ${['forward', ...words.slice(1)].join(' ')}`);
  for (;;) {
    const { body = [] } = here();
    const other = body.find((each) => each.isPlain && forwardOption(each) !== each.written.join(' '));
    if (other === undefined) break;
    const text = forwardOption(other);
    if (text === undefined) document.remove(other);
    else document.reword(other, text);
    tell(document, `${other.words.join(' ')} of proxy ${text === undefined ? 'has no counterpart in forward' : `becomes ${text}`}`);
  }
  withoutEmptyBraces(document, here());
}
/** `transfer to` in *kubernetes* becomes the plugin of that name, for all zones that it had. */
function toTransfer(document: Document, statement: Statement, tell: Tell): void {
  const { first, written } = statement;
  const options = statement.body!.filter(({ words, isPlain }) => isPlain && words[0] === 'transfer');
  const lines = options.map((each) => `    ${each.written.slice(1).join(' ')}`);
  // From the last one on, since those before it stay where they are.
  for (const each of options.toReversed()) document.remove(each);
  const now = document.groups.flat().find((each) => each.first === first)!;
  document.add(now, 'behind', [['transfer', ...written.slice(1), '{'].join(' '), ...lines, '}']);
  withoutEmptyBraces(document, now);
  for (const each of options) tell(document, `${each.words.join(' ')} of kubernetes becomes a line of its own: transfer`);
}

/** Each *forward* of another zone in a block of the root gets a block of its own. */
function split(project: Project, tell: Tell): void {
  for (;;) {
    const found = project.blocks.filter(({ statement: { words } }) => words.length === 1 && /^(dns:\/\/)?\.(:53)?$/.test(words[0]!))
      .flatMap(({ document, statement: { body } }) => (body ?? []).map((statement) => ({ document, statement })))
      .find(({ statement: { words, isPlain } }) => isPlain && words[0] === 'forward' && words.length > 2 && words[1] !== '.');
    if (found === undefined) return;
    const { document, statement } = found;
    const rows = document.rowsOf(statement);
    const [, zone = '', ...to] = statement.written;
    const indent = /^\s*/.exec(rows[0]!)![0];
    const [head = '', ...rest] = rows.map((row) => `    ${row.startsWith(indent) ? row.slice(indent.length) : row.trimStart()}`);
    const behind = head.slice(head.indexOf(to.at(-1)!) + to.at(-1)!.length);
    document.cut(statement);
    const forward = `    ${['forward', '.', ...to].join(' ')}${behind}`;
    document.append([`${zone} {`, '    errors', '    cache 30', forward, ...rest, '    loop', '}']);
    tell(document, `${statement.words.join(' ')} gets a server block of its own`);
  }
}

function addDefault(project: Project, each: Default, tell: Tell): void {
  if (each.option === undefined) return addPlugin(project, each, tell);
  const { plugin, option, line, since } = each;
  const lacking = () => project.lines.find(({ statement: { words, body = [] } }) =>
    words[0] === plugin && !body.some((inner) => inner.words[0] === option));
  for (let found = lacking(); found !== undefined; found = lacking()) {
    found.document.addInside(found.statement, `${line} ${MARK} ${since}`, OWN_BRACES);
    tell(found.document, `${found.statement.words.join(' ')} gets ${line}`);
  }
}
function addPlugin(project: Project, { plugin, beside = [], before = [], after = [], since }: Default, tell: Tell): void {
  const lacking = () => project.blocks.find(({ document, statement: { body = [] } }) => {
    const words = project.wordsOf(document, body);
    return body.length > 0 && words.some((word) => beside.includes(word)) && !words.includes(plugin);
  });
  for (let found = lacking(); found !== undefined; found = lacking()) {
    const { document, statement: { body = [], words } } = found;
    const next = body.find((each) => before.includes(each.words[0]!));
    const last = after.map((word) => body.findLast((each) => each.words[0] === word)).find((each) => each !== undefined) ?? body.at(-1)!;
    document.add(next ?? last, next === undefined ? 'behind' : 'before', [`${plugin} ${MARK} ${since}`]);
    tell(document, `${words.join(' ')} gets ${plugin}`);
  }
}
function dropDefault(project: Project, { plugin, option, since }: Default, tell: Tell): void {
  if (option !== undefined) {
    const isOurs = ({ words: [word], comment = '' }: Statement) => word === option && comment.startsWith(`${MARK} ${since}`);
    return dropOptions(project, plugin, isOurs, tell, `${option} of ${plugin} came with ${since}`);
  }
  const there = () => project.lines.find(({ statement: { words } }) => words[0] === plugin);
  for (let found = there(); found !== undefined; found = there()) {
    const { document, statement } = found;
    if (statement.comment?.startsWith(`${MARK} ${since}`)) document.cut(statement);
    else document.remove(statement);
    tell(document, `${statement.words.join(' ')}: ${plugin} is not known before ${since}`);
  }
}
/** Takes options out; those that came with a mark go with it, and with the braces that came with them. */
function dropOptions(project: Project, plugin: string, isMeant: (option: Statement) => boolean, tell: Tell, why: string): void {
  const there = () => project.lines.flatMap(({ document, statement }) => (statement.words[0] !== plugin ? []
    : (statement.body ?? []).filter(isMeant).map((option) => ({ document, statement, option }))))[0];
  for (let found = there(); found !== undefined; found = there()) {
    const { document, statement, option } = found;
    const { comment = '' } = option;
    if (comment.startsWith(MARK)) document.cut(option);
    else document.remove(option);
    if (!comment.startsWith(MARK) || comment.endsWith(OWN_BRACES)) withoutEmptyBraces(document, statement);
    tell(document, why);
  }
}
