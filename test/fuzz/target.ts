// What a fuzz target is: a parser, what is thrown at it, and what must hold whatever it is. Knows no parser.
import { fc } from '../../src/testing/properties.ts';

/** One parser under fire. */
export interface Target {
  readonly name: string;
  /** How many cases `npm test` tries. */
  readonly runs: number;
  /** Tries cases; rejects with the smallest one for which the property does not hold. */
  try(parameters: fc.Parameters<unknown>): Promise<void>;
}

/** A target whose property holds for everything that `inputs` makes. */
export function target<T>(name: string, runs: number, inputs: fc.Arbitrary<T>, holds: (input: T) => void | Promise<void>): Target {
  const property = fc.asyncProperty(inputs, async (input) => {
    await holds(input);
  });
  return { name, runs, try: async (parameters) => fc.assert(property, parameters as fc.Parameters<[T]>) };
}

/** Text made of these words, of spaces and lines between them, and of anything at all. */
export function textOf(...words: readonly string[]): fc.Arbitrary<string> {
  const anything = fc.string({ unit: 'binary', maxLength: 6 });
  const between = fc.constantFrom(' ', ' ', '\n', '\t', '', '\r\n', '#', '\0');
  const piece = fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: anything }), between);
  return fc.array(piece, { maxLength: 40, size: 'max' }).map((pieces) => pieces.flat().join(''));
}
