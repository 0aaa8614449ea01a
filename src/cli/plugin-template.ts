// The files of a plugin that is begun: `coredns-ts plugin new NAME`. Knows texts alone; docs/plugins.md tells what they mean.

/** A file of it. */
export interface TemplateFile {
  readonly name: string;
  readonly text: string;
}

/** Apart, since it is the file's that is written and none of this one. */
const EXPORT = 'export default';
/** The files of a plugin of this name, for a version of this program. */
export const templateOf = (word: string, version: string): readonly TemplateFile[] => [
  { name: 'index.ts', text: `import { A, definePlugin, rr, zonesOf } from 'coredns-ts';
import { parseIPv4 } from 'coredns-ts/dns';

/** Answers questions for addresses below the zones of its line with one address. */
${EXPORT} definePlugin({
  name: '${word}',
  syntax: '${word} ADDRESS [ZONES...]',
  parse([line], { zones }) {
    const address = line.arg();
    if (parseIPv4(address) === undefined) line.fail(\`"\${address}" is no IPv4 address\`);
    return { address, zones: zonesOf(line.rest(), zones) };
  },
  create: ({ address, zones }) => ({
    handle(query, next) {
      if (query.type !== A.type || zones.match(query.name) === undefined) return next(query);
      return query.reply({ aa: true, answer: [rr(query.name, A, 60, { address })] });
    },
  }),
});
` },
  { name: 'package.json', text: `{
  "name": "coredns-ts-plugin-${word}",
  "version": "0.1.0",
  "type": "module",
  "exports": "./index.ts",
  "scripts": { "test": "node --test" },
  "peerDependencies": { "coredns-ts": "^${version}" },
  "coredns-ts": { "before": "cache" }
}
` },
  { name: 'tsconfig.json', text: `{
  "compilerOptions": {
    "target": "es2024", "module": "nodenext", "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true,
    "verbatimModuleSyntax": true, "erasableSyntaxOnly": true, "allowImportingTsExtensions": true, "noEmit": true, "types": ["node"]
  },
  "include": ["*.ts"]
}
` },
  { name: `${word}.scenario`, text: `==== addresses below the zone are one, everything else is left to the plugins behind
. {
    ${word} 192.0.2.1 a.test
    whoami
}
----
ask www.a.test A
    NOERROR aa
    answer www.a.test 60 IN A 192.0.2.1

ask www.b.test A
    NOERROR aa
    ignore additional

==== refuses what is no address
. {
    ${word} home
}
----
refused plugin/${word}: Corefile:2 - Error during parsing: "home" is no IPv4 address
` },
  { name: `${word}.test.ts`, text: `import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { insert, standard } from 'coredns-ts';
import { runScenario } from 'coredns-ts/testing';
import ${identifier(word)} from './index.ts';

const plugins = insert(standard, ${identifier(word)}, { before: 'cache' });
test('${word}', () => runScenario(readFileSync(new URL('${word}.scenario', import.meta.url), 'utf8'), { plugins }));
` },
  { name: 'README.md', text: `# ${word}

## Name

*${word}* - answers questions for addresses with one address.

## Syntax

~~~ txt
${word} ADDRESS [ZONES...]
~~~

## Examples

In \`plugin.cfg\` beside the Corefile, then a line in it:

~~~ txt
${word}:coredns-ts-plugin-${word}
cache:cache
~~~

~~~ txt
. {
    ${word} 192.0.2.1 a.test
    whoami
}
~~~
` },
];
/** A word as a name of JavaScript. */
const identifier = (word: string): string => `${word.replace(/[-_](.)/g, (_, letter: string) => letter.toUpperCase())}Plugin`;
