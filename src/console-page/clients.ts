// Clients by name, where somebody asks for that: this server is asked for the PTR of each, once. Knows addresses and the API.
import { effect, signal } from '@preact/signals';
import { ask } from './server.ts';
import type { Explanation } from './shapes.ts';
import { reverseOf } from './words.ts';

/** Whether names are wanted. */
export const isNaming = signal(false);
/** Names that were found; '' is none. */
const names = signal<ReadonlyMap<string, string>>(new Map());
/** Addresses that are asked for or wait for it, and how many are known at most. */
const waiting = new Set<string>();
const MOST = 2000, EVERY = 100;

/** A client as it is shown. */
export function clientName(address: string | null): string {
  if (address === null) return '(hidden)';
  if (!isNaming.value) return address;
  const name = names.value.get(address);
  if (name === undefined && names.value.size < MOST) waiting.add(address);
  return name === undefined || name === '' ? address : name;
}
/** Asks for those that are shown, ten a second at most. */
async function look(): Promise<void> {
  while (isNaming.value) {
    const [address] = waiting;
    if (address === undefined) {
      await new Promise((resolve) => setTimeout(resolve, EVERY));
      continue;
    }
    waiting.delete(address);
    names.value = new Map(names.value).set(address, await nameFor(address).catch(() => ''));
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
async function nameFor(address: string): Promise<string> {
  const { answer } = await ask<Explanation>(`/v1/explain?${new URLSearchParams({ name: reverseOf(address), type: 'PTR' })}`);
  const record = answer?.records.find((text) => / PTR /.test(text));
  return record === undefined ? '' : record.replace(/^.* PTR /, '');
}
/** Looks names up for as long as they are wanted. */
export const startNaming = (): void => void effect(() => {
  if (isNaming.value) void look();
});
