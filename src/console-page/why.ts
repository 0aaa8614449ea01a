// The question whose answer is explained. Knows which one, and what was said of it; asks for the rest.
import { batch, signal } from '@preact/signals';
import { Refusal, ask } from './server.ts';
import type { Explanation, Row } from './shapes.ts';

/** Milliseconds that somebody stays at a row until the server is asked about it. */
const STAYS = 200;

/** What is asked about. */
export interface Asking {
  readonly name: string;
  readonly type: string;
  readonly client?: string;
  readonly tcp?: boolean;
}
class Why {
  /** The row that was chosen. */
  readonly row = signal<Row | undefined>(undefined);
  readonly asking = signal<Asking | undefined>(undefined);
  readonly explanation = signal<Explanation | undefined>(undefined);
  readonly problem = signal<string | undefined>(undefined);
  #timer = 0;
  #end = new AbortController();

  /** A row of the questions. */
  choose(row: Row, focuses = false): void {
    const { name, type, client, transport } = row;
    this.row.value = row;
    if (name === null || row.cut === true) {
      this.#begin(undefined);
      this.problem.value = name === null ? 'Names are not kept here.' : 'Only a part of this name was kept.';
    } else this.#begin({ name, type, ...(client === null ? {} : { client }), tcp: transport === 'stream' });
    if (focuses) this.focus();
  }
  /** A name, whoever asks for it. */
  explain(asking: Asking): void {
    this.row.value = undefined;
    this.#begin(asking);
    this.focus();
  }
  /** Asks once more. */
  again(): void {
    this.#begin(this.asking.value);
  }
  close(): void {
    this.row.value = undefined;
    this.#begin(undefined);
  }
  /** Goes to what is told. */
  focus(): void {
    requestAnimationFrame(() => document.querySelector<HTMLElement>('#why-title')?.focus());
  }
  #begin(asking: Asking | undefined): void {
    clearTimeout(this.#timer);
    this.#end.abort();
    this.#end = new AbortController();
    const { signal: end } = this.#end;
    batch(() => {
      this.asking.value = asking;
      this.explanation.value = this.problem.value = undefined;
    });
    if (asking !== undefined) this.#timer = setTimeout(() => void this.#ask(asking, end), STAYS);
  }
  async #ask({ name, type, client, tcp }: Asking, end: AbortSignal): Promise<void> {
    const search = new URLSearchParams({ name, type, ...(client === undefined ? {} : { client }), ...(tcp === true ? { tcp: '1' } : {}) });
    try {
      this.explanation.value = await ask<Explanation>(`/v1/explain?${search}`, end);
    } catch (error) {
      if (!end.aborted) this.problem.value = error instanceof Refusal ? error.message : 'the server does not answer';
    }
  }
}
/** The one that is shown. */
export const why = new Why();
