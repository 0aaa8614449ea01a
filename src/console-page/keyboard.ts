// What keys do: the list that `?` shows is the one that is looked through. Knows keys and no section.
import { signal } from '@preact/signals';

/** A key, what it does, and how that is said. */
export interface Key {
  readonly keys: readonly string[];
  readonly says: string;
  readonly does: (key: string) => void;
}
/** Those that count wherever one is, and those of what is shown. */
const everywhere = signal<readonly Key[]>([]), here = signal<readonly Key[]>([]);

/** Keys that count wherever one is. */
export const always = (...keys: readonly Key[]): void => void (everywhere.value = [...everywhere.peek(), ...keys]);
/** Keys that count while something is shown; the function ends that. */
export function meanwhile(...keys: readonly Key[]): () => void {
  here.value = [...here.peek(), ...keys];
  return () => void (here.value = here.peek().filter((key) => !keys.includes(key)));
}
/** All that count now. */
export const allKeys = (): readonly Key[] => [...here.value, ...everywhere.value];

/** Whether a key belongs to what has the focus. */
function isTaken({ target, key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input, select, textarea')) return key !== 'Escape';
  if (target.closest('dialog') !== null) return true;
  return target.matches('button, a, summary, [role=tab]') && (key === ' ' || key === 'Enter');
}
/** Listens. */
export function startKeys(): void {
  addEventListener('keydown', (event) => {
    if (isTaken(event)) return;
    const key = [...everywhere.peek(), ...here.peek()].findLast(({ keys }) => keys.includes(event.key));
    if (key === undefined) return;
    event.preventDefault();
    key.does(event.key);
  });
}
