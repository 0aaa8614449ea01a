// What hosts entries have at a name: addresses, or nothing of the type, or nothing. Knows the table; makes no DNS of it.
import { EMPTY } from '../../authority/backend.ts';
import type { Backend, Node } from '../../authority/backend.ts';
import { ServedZones } from '../../authority/served-zones.ts';
import type { Place } from '../../authority/served-zones.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Entry } from '../../store/key.ts';
import type { Settings } from './config.ts';
import type { Table } from './table.ts';

/** The addresses of one name. One object is used for one question after the other. */
class Kept implements Node {
  readonly #table: Table;
  #entry: Entry | 0 = 0;
  constructor(table: Table) {
    this.#table = table;
  }
  of(entry: Entry): this {
    this.#entry = entry;
    return this;
  }
  write(_type: number, reply: Message, query: Query): void {
    if (this.#entry !== 0) this.#table.write(reply, query, this.#entry);
  }
}

/** The table as a source of records. It has no SOA. */
export class HostsBackend implements Backend {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  readonly ttl: number;
  /** HST-5. */
  readonly unknown = 'failure';
  readonly #table: Table;
  readonly #kept: Kept;

  constructor({ zones, fallthrough, ttl }: Pick<Settings, 'zones' | 'fallthrough' | 'ttl'>, table: Table) {
    this.zones = new ServedZones(zones.names);
    this.fallthrough = fallthrough;
    this.ttl = ttl;
    this.#table = table;
    this.#kept = new Kept(table);
  }
  at(_place: Place, query: Query): Node | undefined {
    const { type } = query;
    const asked = type === TYPE.A || type === TYPE.AAAA ? this.#table.find(query, type) : 0;
    if (asked !== 0) return this.#kept.of(asked);
    return this.#knows(query) ? EMPTY : undefined;
  }
  /** HST-6: whether the name has an address of any family. */
  #knows(query: Query): boolean {
    return (query.type !== TYPE.A && this.#table.find(query, TYPE.A) !== 0)
      || (query.type !== TYPE.AAAA && this.#table.find(query, TYPE.AAAA) !== 0);
  }
  incomplete(): string {
    return 'the hosts file does not have the name';
  }
}
