// The walk of one question: each part that it was handed to, what that part got, remarked and said, and the questions that this one led
// to. Knows what the kernel tells of whoever follows a question; knows no part.
import type { Position } from '../corefile/error.ts';
import type { Followed, NamedStep } from '../kernel/query/followed.ts';
import { Notes } from '../kernel/query/notes.ts';
import type { Remark } from '../kernel/query/notes.ts';
import type { Outcome } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';
import { outcomeSight, questionSight } from './sight.ts';
import type { OutcomeSight, QuestionSight } from './sight.ts';

/** Steps of one walk at most: what leads to more is told as far as that. */
const MOST = 256;

/** A part that was entered. */
export interface Step {
  readonly kind: 'part';
  readonly name: string;
  /** Where its line stands. */
  readonly at: Pick<Position, 'file' | 'line'> | undefined;
  /** What it was asked. */
  readonly question: QuestionSight;
  /** What it asked others, one after the other: those behind it, or this server anew. */
  readonly inside: Node[];
  /** What it remarked before it asked anybody, and afterwards. */
  readonly before: string[];
  readonly after: string[];
  /** Undefined while it has not answered. */
  outcome: OutcomeSight | undefined;
}
/** A question that a block took: the client's, or one that a part asked this server. */
export interface Asked {
  readonly kind: 'question';
  readonly question: QuestionSight;
  /** The number of the block in the configuration. */
  readonly block: number;
  readonly inside: Node[];
}
/** What a walk is made of. */
export type Node = Step | Asked;

/** Remarks go to the part that is at work. */
class Remarks extends Notes {
  readonly #walk: Walk;
  constructor(walk: Walk) {
    super();
    this.#walk = walk;
  }
  override add(remark: Remark, a: number, b: number): void {
    this.#walk.remark(remark(a, b));
  }
}

/** Who follows a question for `explain`. */
export class Walk implements Followed {
  readonly id = '';
  readonly fields = [];
  readonly view: string | undefined;
  readonly isDry: boolean;
  readonly notes: Notes = new Remarks(this);
  /** Questions that blocks took, the client's first. None where no block took it. */
  readonly asked: Asked[] = [];
  /** Whether more was done than is told. */
  isCut = false;
  readonly #nodes: Node[] = [];
  readonly #open: number[] = [];

  /** With `view` the block of that view is taken, whoever asks; a dry one leaves nothing behind. */
  constructor(view?: string, isDry = false) {
    this.view = view;
    this.isDry = isDry;
  }

  get deepest(): number {
    return this.#open.at(-1) ?? -1;
  }
  chosen({ index }: { readonly index: number }, query: Query): number {
    const node: Asked = { kind: 'question', question: questionSight(query), block: index, inside: [] };
    this.asked.push(node);
    this.#nodes[this.deepest]?.inside.push(node);
    return this.#nodes.push(node) - 1;
  }
  enter({ name, at }: NamedStep, from: number, query: Query): number {
    if (this.#nodes.length >= MOST) {
      this.isCut = true;
      return -1;
    }
    const node: Step = {
      kind: 'part', name, at, question: questionSight(query), inside: [], before: [], after: [], outcome: undefined,
    };
    this.#nodes[from]?.inside.push(node);
    const number = this.#nodes.push(node) - 1;
    this.#open.push(number);
    return number;
  }
  leave(number: number, outcome: Outcome | undefined): void {
    const node = this.#nodes[number];
    if (node?.kind === 'part') node.outcome = outcomeSight(outcome);
    const place = this.#open.lastIndexOf(number);
    if (place >= 0) this.#open.splice(place, 1);
  }
  /** The part that is at work says this. */
  remark(text: string): void {
    const node = this.#nodes[this.deepest];
    if (node?.kind === 'part') (node.inside.length === 0 ? node.before : node.after).push(text);
  }
}

/** Every part of a walk, in the order in which they were entered. */
export function* partsOf(node: Node): Generator<Step> {
  if (node.kind === 'part') yield node;
  for (const each of node.inside) yield* partsOf(each);
}
/** Who answered a question: the last part that nobody else was asked by; undefined where no part was entered. */
export function authorOf(node: Node): Step | undefined {
  const last = node.inside.findLast(({ kind }) => kind === 'part');
  return (last === undefined ? undefined : authorOf(last)) ?? (node.kind === 'part' ? node : undefined);
}
