// Numbers of DNS that stand in one table, `TYPE`, `CLASS`, `RCODE`, `OPCODE` and `OPTION` of src/dns: finds whoever writes one down
// again. Knows names and numbers, nothing of what the code does with them.
import { OPTION } from '../../src/dns/edns-options.ts';
import { OPCODE, RCODE } from '../../src/dns/rcode.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { type Files, isTest, layerOf, table, withoutComments } from './layers.ts';

const tables: readonly (readonly [name: string, numbers: Readonly<Record<string, number>>])[] =
  Object.entries({ TYPE, CLASS, RCODE, OPCODE, OPTION });

/** What is a constant in all but name: `A`, `TYPE_A`, `A_TYPE`, `RCODE_REFUSED`. */
const bareName = (name: string): string => name.replace(/^(TYPE|CLASS|RCODE|OPCODE|OPTION)_|_(TYPE|CLASS|RCODE|OPCODE|OPTION)$/g, '');

/** Layers that may not import `dns` have their own numbers. */
function mayImport(path: string): boolean {
  const layer = layerOf(path);
  if (layer === undefined || layer === 'dns' || isTest(path)) return true;
  const allowed = table[layer];
  return allowed === 'everything' || (allowed ?? []).includes('dns');
}

/** `const NAME = NUMBER`, first of its declaration or behind others. */
const declared = /(?<=\bconst\s+|,\s*)([A-Z_][A-Z_\d]*)(?:\s*:\s*number)?\s*=\s*(\d+|0x[\da-f]+)(?=\s*[,;\n])/g;

/** The code alone: no comments, and no text of one line, for tests make files up. */
const codeOf = (text: string): string => withoutComments(text).replace(/'(?:\\.|[^'\\\n])*'/g, "''");

/** Every constant that a table has by its name and number. */
export function constants(files: Files): string[] {
  return [...files].filter(([path]) => mayImport(path)).flatMap(([path, text]) =>
    [...codeOf(text).matchAll(declared)].flatMap(([, name, number]) => {
      const bare = bareName(name!);
      const found = tables.find(([, numbers]) => Object.hasOwn(numbers, bare) && numbers[bare] === Number(number));
      return found === undefined ? [] : [`${path}: ${name} = ${number} is ${found[0]}.${bare} of src/dns`];
    }));
}

/** Every question's or record's type, class or response code that is compared with a bare number; 0 is read as it is. */
export function bareNumbers(files: Files): string[] {
  const compared = /\b(?:type|class|klass|rcode)\s*[!=]==\s*(?:[1-9]\d*)\b/g;
  return [...files].filter(([path]) => path.startsWith('src/') && !isTest(path) && mayImport(path)).flatMap(([path, text]) =>
    [...codeOf(text).matchAll(compared)].map(([found]) => `${path}: \`${found}\`: say it by its name in src/dns`));
}
