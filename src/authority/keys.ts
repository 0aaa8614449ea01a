// The keys that messages between servers are signed with, by name. Knows who reads them; knows no message.
import { Slot } from '../kernel/slot.ts';
import type { Key } from '../tsig/key.ts';

/** Where `tsig` puts those of its block. Read by whoever names one: `transfer`, `secondary`. */
export const Keys = new Slot<readonly Key[]>('keys');
