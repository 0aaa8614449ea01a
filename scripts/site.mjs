// `npm run site [FOLDER]`: README, all pages of docs/ and of plugins as a site of plain files, that can be read without a script and from a
// folder; a script searches. Knows which pages there are and how they hang together; Markdown is markdown.mjs's.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { toHtml } from './markdown.mjs';
import { inRoot } from './root.mjs';

const { posix } = path;
/** Letters of a section that a search looks through. */
const SEARCHED = 600;

/** Every page: its file here, and its name in the site. */
function pages() {
  const words = readdirSync(inRoot('src', 'plugins')).filter((word) => existsSync(inRoot('src', 'plugins', word, 'README.md'))).sort();
  const docs = readdirSync(inRoot('docs')).filter((name) => name.endsWith('.md')).sort();
  const beside = readdirSync(inRoot('packages')).filter((name) => existsSync(inRoot('packages', name, 'README.md'))).sort();
  const top = ['ARCHITECTURE', 'PRINCIPLES', 'CONTRIBUTING', 'SECURITY', 'CHANGELOG'];
  return [
    ['README.md', 'index.html', ''],
    ...docs.map((name) => [`docs/${name}`, `docs/${name.replace(/\.md$/, '.html')}`, 'Pages']),
    ['deploy/README.md', 'deploy.html', 'Pages'],
    ['src/testing/README.md', 'testing.html', 'Pages'],
    ...words.map((word) => [`src/plugins/${word}/README.md`, `plugins/${word}.html`, 'Plugins']),
    ...beside.map((name) => [`packages/${name}/README.md`, `plugins/${name}.html`, 'Plugins']),
    ...top.map((name) => [`${name}.md`, `${name.toLowerCase()}.html`, 'Project']),
  ].map(([file, to, group]) => ({ file, to, group, text: readFileSync(inRoot(file), 'utf8') }));
}
const titleOf = ({ text, file }) => (/^# (.*)$/m.exec(text)?.[1] ?? file).replace(/[`*]/g, '');

const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d8dee4;--soft:#f4f6f8;--link:#0757ba}
@media(prefers-color-scheme:dark){:root{--ink:#d5dae0;--paper:#14171b;--line:#353b43;--soft:#1f242a;--link:#74b0ff}}
*{box-sizing:border-box}body{margin:0;color:var(--ink);background:var(--paper);font:16px/1.55 system-ui,sans-serif;display:flex}
a{color:var(--link)}nav{flex:0 0 15rem;padding:1rem;border-right:1px solid var(--line);height:100vh;position:sticky;top:0;overflow:auto;font-size:.9em}
nav ul{list-style:none;margin:.3rem 0 1rem;padding:0}nav a{text-decoration:none}nav a[aria-current]{font-weight:700}
main{flex:1;min-width:0;max-width:56rem;padding:1rem 2rem 4rem}pre,code{font:.88em/1.45 ui-monospace,monospace;background:var(--soft)}
code{padding:.1em .25em;border-radius:3px}pre{padding:.8rem;overflow-x:auto;border-radius:5px}pre code{padding:0}
table{border-collapse:collapse;display:block;overflow-x:auto;font-size:.93em}th,td{border:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top}
img{max-width:100%}input{width:100%;padding:.4rem;font:inherit;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:4px}
@media(max-width:50rem){body{display:block}nav{height:auto;position:static;border:0;border-bottom:1px solid var(--line)}main{padding:1rem}}`;
/** The field stands where a script runs alone; what is found is a list of links. */
const SCRIPT = `const box=document.getElementById('search'),base=document.documentElement.dataset.base;box.hidden=false;
const field=box.querySelector('input'),found=box.querySelector('ul');
field.addEventListener('input',()=>{const words=field.value.toLowerCase().split(/\\s+/).filter(Boolean);found.textContent='';
if(words.length===0)return;const score=({t,x})=>{let sum=0;for(const w of words){if(t.toLowerCase().includes(w))sum+=10;
else if(x.includes(w))sum+=1;else return 0}return sum};
for(const each of PAGES.map((p)=>[score(p),p]).filter(([s])=>s>0).sort((a,b)=>b[0]-a[0]).slice(0,25)){
const a=document.createElement('a');a.href=base+each[1].u;a.textContent=each[1].t;const li=document.createElement('li');li.append(a);found.append(li)}});`;

function page({ to, title, html, all }) {
  const base = '../'.repeat(to.split('/').length - 1);
  const item = (each) => `<li><a href="${base}${each.to}"${each.to === to ? ' aria-current="page"' : ''}>${each.short}</a></li>`;
  const group = (name) => `<strong>${name}</strong><ul>${all.filter((each) => each.group === name).map(item).join('')}</ul>`;
  return `<!doctype html>
<html lang="en" data-base="${base}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><link rel="stylesheet" href="${base}style.css"></head><body>
<nav><ul>${item(all[0])}</ul><div id="search" hidden><input type="search" placeholder="Search" aria-label="Search"><ul></ul></div>
${['Pages', 'Plugins', 'Project'].map(group).join('\n')}</nav>
<main>${html}</main><script src="${base}search.js" defer></script></body></html>
`;
}

/** Writes the site into a folder, made anew. Throws where a link of ours leads nowhere. */
export function buildSite(folder) {
  const all = pages().map((each) => ({ ...each, title: titleOf(each) }));
  for (const each of all) {
    each.short = each.group === 'Plugins' ? posix.basename(each.to, '.html') : each.title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  }
  const byFile = new Map(all.map((each) => [each.file, each]));
  const pictures = new Set();
  const wrong = [];
  const linkFrom = (from) => (target) => {
    if (/^(https?|mailto):/.test(target)) return target;
    const [file, anchor] = target.split('#');
    const wanted = file === '' ? from.file : posix.normalize(posix.join(posix.dirname(from.file), file));
    const to = byFile.get(wanted) ?? byFile.get(posix.join(wanted, 'README.md'));
    const relative = (name) => posix.relative(posix.dirname(from.to), name);
    if (to !== undefined) {
      (from.links ??= []).push({ to, anchor, target });
      return `${relative(to.to)}${anchor === undefined ? '' : `#${anchor}`}`;
    }
    if (/\.(svg|png)$/.test(wanted) && existsSync(inRoot(wanted))) {
      pictures.add(wanted);
      return relative(wanted);
    }
    // A file or folder of the sources: named, and not part of the site.
    if (!existsSync(inRoot(wanted))) wrong.push(`${from.file}: ${target} is not there`);
    return undefined;
  };
  for (const each of all) Object.assign(each, toHtml(each.text, linkFrom(each)));
  for (const { file, links = [] } of all) {
    for (const { to, anchor, target } of links) {
      if (anchor !== undefined && !to.headings.some((heading) => heading.anchor === anchor)) wrong.push(`${file}: ${target} names no heading`);
    }
  }
  if (wrong.length > 0) throw new Error(`links that lead nowhere:\n${wrong.join('\n')}`);

  rmSync(folder, { recursive: true, force: true });
  const write = (name, text) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  };
  for (const each of all) write(each.to, page({ ...each, all }));
  for (const picture of pictures) {
    mkdirSync(path.dirname(path.join(folder, picture)), { recursive: true });
    copyFileSync(inRoot(picture), path.join(folder, picture));
  }
  write('style.css', STYLE);
  const sections = all.flatMap(({ to, title, short, group, headings }) => headings.map(({ depth, title: heading, anchor, text }) => ({
    u: `${to}#${anchor}`, t: depth === 1 ? title : `${group === 'Plugins' ? short : title}: ${heading}`,
    x: text.replace(/[`*[\]()|]/g, ' ').replace(/\s+/g, ' ').toLowerCase().slice(0, SEARCHED),
  })));
  write('search.js', `const PAGES=${JSON.stringify(sections)};\n${SCRIPT}\n`);
  return all.length;
}

if (process.argv[1] === import.meta.filename) {
  const folder = path.resolve(process.argv[2] ?? inRoot('release', 'site'));
  console.log(`${folder}: ${buildSite(folder)} pages`);
}
