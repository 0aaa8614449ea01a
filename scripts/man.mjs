// The pages as manuals for `man`: coredns-ts(1) of what the program says of itself, coredns-ts-WORD(7) of each plugin's page. Knows the
// form of our Markdown and of man pages. Runs on Node 20 too.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './root.mjs';

/** Text as roff reads it: nothing of it is a request, an escape or another sign. */
const plain = (text) => text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('`', '\\`')
  .replaceAll('^', '\\(ha').replaceAll('~', '\\(ti').replace(/^\./gm, '\\&.');
/** A line of prose: code and strong words bold, emphasis and links underlined or told. */
function inline(text) {
  let made = '';
  for (const [, code, strong, soft, label, target, other] of text.matchAll(
    /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)]+)\)|([^`*[]+|[`*[])/g)) {
    if (code ?? strong) made += `\\fB${plain(code ?? strong)}\\fR`;
    else if (soft) made += `\\fI${plain(soft)}\\fR`;
    else if (label) made += /^https?:/.test(target) && label !== target ? `${plain(label)} <${plain(target)}>` : plain(label);
    else made += plain(other);
  }
  return made.replace(/^(['.])/, '\\&$1');
}
const cells = (row) => row.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));

/** Letters of a line of 80 that are left to the cells of a table. */
const WIDTH = 66;
/** How wide each column is: as its longest word, and its share of the rest; undefined where not all words fit. */
function widths(rows) {
  const columns = cells(rows[0]).map((_, i) => rows.map((row) => (cells(row)[i] ?? '').replace(/[`*]/g, '')));
  const least = columns.map((column) => Math.max(3, ...column.flatMap((cell) => cell.split(' ').map(({ length }) => length))));
  const rest = WIDTH - 3 * columns.length - least.reduce((a, b) => a + b, 0);
  if (rest < 0) return undefined;
  const wanted = columns.map((column, i) => Math.max(...column.map(({ length }) => length)) - least[i]);
  const all = wanted.reduce((a, b) => a + b, 0) || 1;
  return least.map((width, i) => width + Math.min(wanted[i], Math.floor((rest * wanted[i]) / all)));
}
/** A table, boxed, long cells folded; where its words do not fit a line, one paragraph a row. */
function table([head, , ...body]) {
  const wide = widths([head, ...body]);
  if (wide === undefined) {
    const titles = cells(head);
    return body.flatMap((each) => {
      const [first, ...others] = cells(each);
      const told = others.map((cell, i) => (titles[i + 1] === '' ? cell : `${titles[i + 1]}: ${cell}`)).filter((_, i) => others[i] !== '');
      return ['.TP', inline(first) || '\\&', inline(told.join('; ')) || '\\&'];
    });
  }
  const row = (each) => cells(each).map((text) => (text === '' ? '' : `T{\n${inline(text)}\nT}`)).join('\t');
  const forms = [`${wide.map((width) => `lbw(${width}n)`).join(' ')}`, `${wide.map((width) => `lw(${width}n)`).join(' ')}.`];
  return ['.TS', 'allbox;', ...forms, row(head), ...body.map(row), '.TE'];
}

/** A page of ours as one of man. */
export function manPage(markdown, name, section, version) {
  const lines = markdown.split('\n');
  const made = [`'\\" t`, `.TH "${name.toUpperCase()}" "${section}" "" "coredns-ts ${version}" "coredns-ts"`, '.ad l', '.nh'];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const [, fence] = /^\s*(```|~~~)/.exec(line) ?? [];
    const [, marks, title] = /^(#+) (.*)$/.exec(line) ?? [];
    const [, indent, item] = /^( *)(?:[*-]|\d+\.) (.*)$/.exec(line) ?? [];
    if (fence !== undefined) {
      made.push('.PP', '.nf', '.RS 4');
      for (i++; i < lines.length && !lines[i].trimStart().startsWith(fence); i++) {
        made.push(plain(lines[i]).replace(/^(?=['.])/, '\\&') || '\\&');
      }
      made.push('.RE', '.fi');
    } else if (marks === '#') continue;
    else if (marks !== undefined) {
      const [request, shown] = marks.length === 2 ? ['SH', title.toUpperCase()] : ['SS', title];
      made.push(`.${request} "${inline(shown).replaceAll('"', '\\(dq')}"`);
    } else if (/^\|/.test(line)) {
      const rows = [];
      for (; i < lines.length && lines[i].startsWith('|'); i++) rows.push(lines[i]);
      i--;
      made.push('.PP', ...table(rows));
    } else if (item !== undefined) {
      const rest = [item];
      while (i + 1 < lines.length && /^ +\S/.test(lines[i + 1]) && !/^ *(?:[*-]|\d+\.) /.test(lines[i + 1])) rest.push(lines[++i].trim());
      made.push(`.IP \\(bu ${2 + indent.length}`, inline(rest.join(' ')));
    } else if (line.trim() === '') made.push(made.at(-1)?.startsWith('.S') ? '.\\"' : '.PP');
    else {
      const text = [line];
      while (i + 1 < lines.length && /^[^\s#|`~*-]/.test(lines[i + 1])) text.push(lines[++i]);
      // What NAME has for apropos: one line, the name not slanted.
      made.push(made.includes('.SH "NAME"') && !made.some((each) => each.startsWith('.SH') && each !== '.SH "NAME"')
        ? plain(text.join(' ').replaceAll('*', '').replace(/^(\S+) - /, `${name} - `)) : inline(text.join(' ')));
    }
  }
  return `${made.join('\n')}\n`;
}

/** What the program says of itself, as it stands. */
function programPage(help, version) {
  // Where the manual lies is another place where this one is read.
  const [first, ...rest] = help.split('\nThe manual: ')[0].split('\n');
  const about = first.replace(/^coredns-ts [^:]*: /, '').replace(/\.$/, '');
  const page = ['## Name', '', `coredns-ts - ${about}`, '', '## Synopsis', '', '```', ...rest, '```', '', '## See Also', '',
    'coredns-ts-WORD(7) of each word of a Corefile, such as coredns-ts-forward(7).'];
  return manPage(page.join('\n'), 'coredns-ts', '1', version);
}

/** Writes all of them into a folder, made anew: `man1` and `man7`. */
export function writeManPages(folder, help) {
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  for (const each of ['man1', 'man7']) mkdirSync(path.join(folder, each), { recursive: true });
  writeFileSync(path.join(folder, 'man1/coredns-ts.1'), programPage(help, version));
  const plugins = inRoot('src', 'plugins');
  for (const { name } of readdirSync(plugins, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const page = manPage(readFileSync(path.join(plugins, name, 'README.md'), 'utf8'), `coredns-ts-${name}`, '7', version);
    writeFileSync(path.join(folder, `man7/coredns-ts-${name}.7`), page);
  }
}
