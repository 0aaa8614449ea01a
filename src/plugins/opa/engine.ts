// A policy engine that asks an OPA: what is told of a question, and of its answer. Knows fields; how OPA is reached is the asker's.
import type { Decision, Facts, PolicyEngine } from '../../policy/engine.ts';
import type { Keeper } from '../../policy/keeper.ts';
import type { OpaLine } from './config.ts';

/** Decides about an input. */
export type Asker = (input: Readonly<Record<string, string>>) => Decision | undefined | Promise<Decision | undefined>;
const holds = ({ ttl }: Decision): number => (ttl === undefined ? Infinity : ttl * 1000);

/** One engine in one thread. */
export class OpaEngine implements PolicyEngine {
  readonly plugin = 'opa';
  readonly name: string;
  readonly #fields: readonly string[];
  #ask!: Asker;
  #keeper!: Keeper<Decision>;

  constructor({ name, fields }: OpaLine) {
    this.name = name;
    this.#fields = fields;
  }
  start(ask: Asker, keeper: Keeper<Decision>): void {
    this.#ask = ask;
    this.#keeper = keeper;
  }

  decide(facts: Facts): Decision | undefined | Promise<Decision | undefined> {
    const values = this.#valuesOf(facts);
    return this.#keeper.decide(values.join('\u0000'), facts.query.received, () => this.#ask(this.#inputOf(values)), holds);
  }
  /** What is told of a question. With an answer it is what was told before and what became known. */
  #valuesOf(facts: Facts): readonly string[] {
    const before = facts.kept.get(this) as readonly string[] | undefined;
    const values = this.#fields.map((field, i) => {
      const known = before?.[i] ?? '';
      if (known !== '') return known;
      const value = facts.value(field);
      return field.endsWith('_ip') && value.startsWith('[') ? value.slice(1, -1) : value;
    });
    facts.kept.set(this, values);
    return values;
  }
  #inputOf(values: readonly string[]): Record<string, string> {
    const input: Record<string, string> = {};
    this.#fields.forEach((field, i) => {
      if (values[i] !== '') input[field] = values[i]!;
    });
    return input;
  }
}
