// What blocks say of a listener that they share, and how that becomes one (KEY-12). Knows slots and the rules that they declare; knows no
// setting by name.
import type { Scheme } from '../../dns/port.ts';
import { Slot } from '../slot.ts';
import type { Slots } from '../slot.ts';

/** The address that blocks share. */
export interface SharedAddress {
  /** `tls://:853` */
  readonly label: string;
  readonly scheme: Scheme;
  /** Says what starts all the same and is hardly meant. */
  warn(text: string): void;
}
/** One of its blocks. */
export interface SharingBlock<Said> {
  /** A zone that it has there. */
  readonly zone: string;
  /** undefined: nothing. */
  readonly said: Said | undefined;
}
/** Where a line is, for texts that name two of them. */
export interface Line {
  readonly file: string;
  readonly line: number;
}

/** A slot of what concerns the listener of a block. What several blocks say of one listener is joined by its rule, once for a load. */
export class ListenerSetting<Said, Joined> extends Slot<Said> {
  /** Throws Error where blocks cannot share the address; names both lines. At least one block says something. */
  readonly join: (blocks: readonly SharingBlock<Said>[], address: SharedAddress) => Joined | undefined;

  constructor(name: string, join: (blocks: readonly SharingBlock<Said>[], address: SharedAddress) => Joined | undefined) {
    super(name);
    this.join = join;
  }
}

/** What holds for the listener of one address. */
export class ListenerSettings {
  readonly #joined = new Map<unknown, unknown>();

  /** What the blocks say, joined; undefined where none says anything. */
  get<Said, Joined>(setting: ListenerSetting<Said, Joined>): Joined | undefined {
    return this.#joined.get(setting) as Joined | undefined;
  }
  /** The settings of an address whose blocks have these slots. Throws what a rule throws. */
  static of(blocks: readonly { readonly zone: string; readonly slots: Slots }[], address: SharedAddress): ListenerSettings {
    const settings = new ListenerSettings();
    const said = new Set(blocks.flatMap(({ slots }) => [...slots.filled()]));
    for (const slot of said) {
      if (!(slot instanceof ListenerSetting)) continue;
      const all = blocks.map(({ zone, slots }) => ({ zone, said: slots.last(slot as Slot<unknown>) }));
      settings.#joined.set(slot, (slot as ListenerSetting<unknown, unknown>).join(all, address));
    }
    return settings;
  }
}

/** `Corefile:3` */
export const placeOf = ({ file, line }: Line): string => `${file}:${line}`;
