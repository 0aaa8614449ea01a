// One execution of a template: what it wrote, how far it may still go.

import { Fault } from './error.ts';

/** How many passes of loops and calls of templates one execution may make. A deviation: Go has no such limit. */
const MAXIMUM_STEPS = 1_000_000;
/** How many characters one execution may write. A deviation: Go has no such limit. */
const MAXIMUM_OUTPUT = 16_777_216;
/** How deep templates may call templates. A deviation: Go allows 100,000. */
const MAXIMUM_DEPTH = 200;

/** What the parts of a template share while it executes. */
export class Run {
  /** What was written. */
  output = '';
  /** The values of the variables of the template that executes, by slot. */
  slots: unknown[] = [];
  private steps = 0;
  private made = 0;
  private depth = 0;

  /** Appends to the output. */
  write(text: string, offset: number, context: string): void {
    this.output += text;
    if (this.output.length > MAXIMUM_OUTPUT) throw new Fault('exceeded maximum output', offset, context);
  }

  /** Accounts for a text that a function made, whether or not it will be written. */
  make(length: number, offset: number, context: string): void {
    this.made += length;
    if (this.made > MAXIMUM_OUTPUT) throw new Fault('exceeded maximum output', offset, context);
  }

  /** Accounts for one pass of a loop or one call. */
  step(offset: number, context: string): void {
    this.steps += 1;
    if (this.steps > MAXIMUM_STEPS) throw new Fault('exceeded maximum number of steps', offset, context);
  }

  /** Executes another template with variables of its own. */
  enter(data: unknown, offset: number, context: string, work: () => void): void {
    if (this.depth === MAXIMUM_DEPTH) throw new Fault(`exceeded maximum template depth (${MAXIMUM_DEPTH})`, offset, context);
    const { slots } = this;
    this.slots = [data];
    this.depth += 1;
    work();
    this.depth -= 1;
    this.slots = slots;
  }
}
