// Our Markdown as HTML: headings, paragraphs, lists, tables, code, links. Knows the form of our pages; where a link leads is told.
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The name of a heading in an address, as GitHub makes it. */
export const anchorOf = (title) => title.toLowerCase().replace(/[`*]/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  .replace(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-');

/** A line of prose. `link` says where a target leads, or undefined where it is no page. */
function inline(text, link) {
  let made = '';
  const parts = /(`+)(.+?)\1|\*\*(.+?)\*\*|\*([^*\s][^*]*)\*|!\[([^\]]*)\]\(([^)\s]+)\)|\[((?:[^\]`]|`[^`]*`)+)\]\(([^)\s]+)\)|<(https?:[^>]+)>|([^`*![<]+|[`*![<])/g;
  for (const [, , code, strong, soft, alternative, picture, label, target, bare, other] of text.matchAll(parts)) {
    if (code !== undefined) made += `<code>${escaped(code.trim())}</code>`;
    else if (strong !== undefined) made += `<strong>${inline(strong, link)}</strong>`;
    else if (soft !== undefined) made += `<em>${inline(soft, link)}</em>`;
    else if (picture !== undefined) made += `<img src="${escaped(link(picture) ?? picture)}" alt="${escaped(alternative)}">`;
    else if (label !== undefined) {
      const to = link(target);
      made += to === undefined ? inline(label, link) : `<a href="${escaped(to)}">${inline(label, link)}</a>`;
    } else if (bare !== undefined) made += `<a href="${escaped(bare)}">${escaped(bare)}</a>`;
    else made += escaped(other);
  }
  return made;
}
const cells = (row) => row.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));

/** A list whose items stand this far to the right, and what lies deeper in it; how many lines it took. */
function list(lines, link) {
  const ITEM = /^( *)([*-]|\d+\.) +(.*)$/;
  const [, indent, mark] = ITEM.exec(lines[0]);
  const tag = /\d/.test(mark) ? 'ol' : 'ul';
  let made = `<${tag}>`, i = 0;
  for (let found; (found = ITEM.exec(lines[i] ?? '')) !== null && found[1].length === indent.length;) {
    const inside = [found[3]];
    for (i++; i < lines.length; i++) {
      const isBlank = lines[i].trim() === '';
      const isDeeper = /^ */.exec(lines[isBlank ? i + 1 : i] ?? '')[0].length > indent.length;
      if (!isDeeper) break;
      inside.push(lines[i].slice(Math.min(indent.length + found[2].length + 1, /^ */.exec(lines[i])[0].length)));
    }
    const { html } = toHtml(inside.join('\n'), link);
    // An item of one paragraph is not spaced out.
    made += `<li>${/^<p>(?:(?!<p>)[\s\S])*$/.test(html) ? html.replace(/^<p>|<\/p>/g, '') : html}</li>`;
    if ((lines[i] ?? '').trim() === '' && ITEM.exec(lines[i + 1] ?? '')?.[1].length === indent.length) i++;
  }
  return [`${made}</${tag}>`, i];
}

/** A page, and its headings: depth, title as text, name in addresses, and the words below. */
export function toHtml(markdown, link) {
  const lines = markdown.split('\n');
  const headings = [];
  let html = '';
  for (let i = 0; i < lines.length;) {
    const line = lines[i];
    const [, fence, language] = /^(```|~~~)\s*(\S*)/.exec(line) ?? [];
    const [, marks, title] = /^(#+) (.*)$/.exec(line) ?? [];
    if (fence !== undefined) {
      const end = lines.findIndex((each, at) => at > i && each.startsWith(fence));
      html += `<pre><code class="${escaped(language)}">${escaped(lines.slice(i + 1, end).join('\n'))}\n</code></pre>\n`;
      i = end + 1;
    } else if (marks !== undefined) {
      const anchor = anchorOf(title);
      headings.push({ depth: marks.length, title: title.replace(/[`*]/g, ''), anchor, text: '' });
      html += `<h${marks.length} id="${anchor}">${inline(title, link)}</h${marks.length}>\n`;
      i++;
    } else if (line.startsWith('|')) {
      const rows = [];
      for (; lines[i]?.startsWith('|'); i++) rows.push(cells(lines[i]));
      const row = (each, tag) => `<tr>${each.map((cell) => `<${tag}>${inline(cell, link)}</${tag}>`).join('')}</tr>`;
      html += `<table><thead>${row(rows[0], 'th')}</thead><tbody>${rows.slice(2).map((each) => row(each, 'td')).join('')}</tbody></table>\n`;
      for (const each of rows) if (headings.length > 0) headings.at(-1).text += ` ${each.join(' ')}`;
    } else if (/^ *([*-]|\d+\.) /.test(line)) {
      const [made, taken] = list(lines.slice(i), link);
      html += `${made}\n`;
      if (headings.length > 0) headings.at(-1).text += ` ${lines.slice(i, i + taken).join(' ')}`;
      i += Math.max(1, taken);
    } else if (/^ {4}\S/.test(line)) {
      const from = i;
      while (/^( {4}|$)/.test(lines[i] ?? 'x')) i++;
      html += `<pre><code>${escaped(lines.slice(from, i).map((each) => each.slice(4)).join('\n').trimEnd())}\n</code></pre>\n`;
    } else if (line.trim() === '') i++;
    else {
      const from = i;
      while (i < lines.length && lines[i].trim() !== '' && (i === from || !/^(```|~~~|#+ |\||[*-] |\d+\. )/.test(lines[i]))) i++;
      const text = lines.slice(from, i).join(' ');
      html += `<p>${inline(text, link)}</p>\n`;
      if (headings.length > 0) headings.at(-1).text += ` ${text}`;
    }
  }
  return { html, headings };
}
