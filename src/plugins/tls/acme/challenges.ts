// The proofs that are to be seen now, of all orders of the process: main writes them, every thread answers with them. Knows names and
// texts; knows no server.
import type { Closable } from '../../../kernel/shared.ts';
import type { Note } from '../../../store/notes.ts';
import { challengeName } from '../challenge.ts';
import type { Proof } from './order.ts';

/** What stands in the note. */
export class Challenges implements Closable {
  readonly #note: Note;
  readonly #proofs = new Map<string, readonly Proof[]>();
  #written = '';

  constructor(note: Note) {
    this.#note = note;
  }
  /** From now on every thread answers with these for one certificate, in place of what it had. */
  show(certificate: string, proofs: readonly Proof[]): void {
    if (proofs.length === 0) this.#proofs.delete(certificate);
    else this.#proofs.set(certificate, proofs);
    const texts = new Map<string, string[]>();
    for (const { domain, text } of [...this.#proofs.values()].flat()) {
      const name = challengeName(domain);
      texts.set(name, [...texts.get(name) ?? [], text]);
    }
    const all = texts.size === 0 ? '' : JSON.stringify([...texts]);
    if (all === this.#written) return;
    this.#written = all;
    this.#note.write(all);
  }
  close(): void {
    this.#proofs.clear();
    this.show('', []);
  }
}
