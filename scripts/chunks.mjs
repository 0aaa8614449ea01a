// What is done to bundled files so that a start reads fewer and shorter ones. Knows the text that rolldown writes; knows nothing of what
// the program does.

/** `{ a as b }` of an import or export as the properties of an object, or as a pattern: `{ a: b }`. */
const pairs = (list) => list.split(',').map((each) => each.trim()).filter((each) => each !== '').map((each) => each.split(/\s+as\s+/));

/** A static import of a part of Node as rolldown writes it. */
const OF_NODE = /^import\s*([^'"]+?)\s*from\s*['"](node:[^'"]+)['"];?$/gm;

/**
 * The text with parts of Node asked for instead of imported: an import reads each property of the part, and some load much when they are
 * read (`fs.promises`, `crypto.webcrypto`): 10 ms of a start.
 */
export const askedOfNode = (text) => text.replace(OF_NODE, (_, what, part) => {
  const all = `process.getBuiltinModule(${JSON.stringify(part)})`;
  const names = /\{([^}]*)\}/.exec(what)?.[1];
  const whole = what.replace(/\{[^}]*\}/, '').replace(/^\*\s+as\s+/, '').replace(/,/g, '').trim();
  return [
    ...(whole === '' ? [] : [`const ${whole} = ${all};`]),
    ...(names === undefined ? [] : [`const { ${pairs(names).map(([name, own = name]) => `${name}: ${own}`).join(', ')} } = ${all};`]),
  ].join('\n');
});

/** A text with another letter than ASCII's is kept, and scanned, at two bytes a letter. They stand in strings and patterns alone. */
export const inAscii = (text) => text.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A whole file that only hands on what another one has. */
const FACADE = /^export\{([^{}]*)\}from["'](\.\/[^"']+)["'];?\s*$/;

/**
 * The files, by name, without those that only hand on what another one has: who imports such a one late gets it from the other. Each
 * takes a millisecond of a start.
 */
export function withoutFacades(files) {
  const facades = new Map();
  for (const [name, text] of files) {
    const found = name.startsWith('chunks/') ? FACADE.exec(text) : null;
    if (found !== null) facades.set(name.slice('chunks/'.length), { names: pairs(found[1]), of: found[2].slice(2) });
  }
  const late = /import\((["'`])(\.\/(?:chunks\/)?)([^"'`]+)\1\)/g;
  const direct = (text) => text.replace(late, (whole, _, folder, name) => {
    const facade = facades.get(name);
    if (facade === undefined) return whole;
    return `import("${folder}${facade.of}").then(e=>({${facade.names.map(([own, name = own]) => `${name}:e.${own}`).join(',')}}))`;
  });
  const kept = [...files].map(([name, text]) => [name, direct(text)]);
  const used = (name) => kept.some(([, text]) => text.includes(name));
  return new Map(kept.filter(([name]) => !facades.has(name.slice('chunks/'.length)) || used(name.slice('chunks/'.length))));
}

/** Where a bundled file says what it exports. */
const EXPORTS = /export\{([^{}]*)\};?\s*$/;

/** A static import of another bundled file, as rolldown writes it. */
const OF_FILE = /^import\{([^{}]*)\}from["'](\.\/[^"']+)["'];?/;

/**
 * A bundled file as two: a script, and a module of the file's name that runs it by the text of `kept` and exports what it has. The module
 * is what everybody imports. What the file imports of others its module imports and hands to the script.
 */
export function asScript(text, name, kept) {
  const others = [];
  let body = text, imported = '';
  for (let found = OF_FILE.exec(body); found !== null; found = OF_FILE.exec(body)) {
    imported += `const{${pairs(found[1]).map(([own, as = own]) => `${own}:${as}`).join(',')}}=$of[${others.length}];`;
    others.push(found[2]);
    body = body.slice(found[0].length);
  }
  if (/^import[\s{*]|[;}]import[{*]|\bimport\s+[\w$]+\s+from\b/.test(body)) throw new Error(`${name} imports what a script cannot`);
  const exported = pairs(EXPORTS.exec(body)[1]).map(([own, as = own]) => ({ own, as }));
  const own = new RegExp(`\\bimport\\(["'\`]\\./${name}\\.js["'\`]\\)`, 'g');
  const code = imported + body.replace(EXPORTS, '').replaceAll('import.meta.url', '$url').replace(own, 'Promise.resolve(module.exports)')
    .replace(/\bimport\(/g, '$import(');
  const script = `${code}\nmodule.exports={${exported.map(({ own, as }) => `${as}:${own}`).join(',')}};`;
  if (script.includes('import.meta')) throw new Error(`${name}: import.meta has more than a URL`);
  const taken = exported.map(({ as }, i) => `${as}:$${i}`).join(',');
  const given = exported.map(({ as }, i) => `$${i} as ${as}`).join(',');
  const imports = others.map((other, i) => `import*as $of${i} from${JSON.stringify(other)};`).join('');
  const of = others.map((_, i) => `$of${i}`).join(',');
  const run = kept.replace(EXPORTS, (_, list) => `const $run=${pairs(list)[0][0]};`);
  const module = `${imports}${run}const{${taken}}=$run(import.meta.dirname,${JSON.stringify(`${name}.cjs`)},(name)=>import(name),[${of}]);`;
  return { script, module: `${module}export{${given}};` };
}
