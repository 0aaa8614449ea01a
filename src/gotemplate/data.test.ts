// What the tests of templates are executed with: data of every kind, and functions.

import { Float, type TemplateOptions, TypedMap } from './index.ts';

/** The data of the tests. */
export class Data {
  readonly Zone = 'example.org.';
  readonly Name = 'a.example.org.';
  readonly Match = ['whole', 'x'];
  readonly Group = new TypedMap('', [
    ['0', 'whole'],
    ['1', 'x'],
    ['a', 'x'],
    ['num', '1f'],
  ]);
  readonly Var = new Map<string, unknown>([
    ['n', 42],
    ['f', 2.5],
    ['one', new Float(1)],
    ['l', [1, 'a', 2.5]],
    ['m', new Map<string, unknown>(Object.entries({ k: 1, b: 'x' }))],
    ['nil', undefined],
    ['t', true],
    ['big', 12345678.9],
    ['fn', (value: number) => value * 2],
  ]);
  readonly Question = { Name: 'a.example.org.', Qtype: 1, Qclass: 1 };
  readonly Remote = '127.0.0.1';
  readonly N = 5;
  readonly F = 2.5;
  readonly T = true;
  readonly Nums = [3, 1, 2];
  readonly Empty = [];
  readonly Html = `<a href='x'>&"</a>`;

  Meta(label: string): string {
    return `md:${label}`;
  }

  Hello(): string {
    return 'hello';
  }

  Fail(): string {
    throw new Error('it failed');
  }
}

function parseInteger(text: string, base: number, _bits: number): number {
  const value = Number.parseInt(text, base);
  if (Number.isNaN(value)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

/** The name and the functions of the tests. */
export const options: TemplateOptions = {
  name: 'answer',
  functions: {
    parseInt: { minimum: 3, maximum: 3, parameters: ['string', 'int', 'int'], call: parseInteger },
    add: (a: number, b: number) => a + b,
  },
};
