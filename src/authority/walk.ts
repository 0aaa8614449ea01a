// One question on its way through a source: the question of this step, where its name lies, what was found, and the aliases behind it. One
// object is used for one question after the other. Knows names and replies; knows no state of a look-up.
import { Name } from '../dns/name.ts';
import { HEADER, foldByte } from '../dns/packet.ts';
import { become, take } from '../kernel/query/derive.ts';
import { AA } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Remark } from '../kernel/query/notes.ts';
import type { Query } from '../kernel/query/query.ts';
import { Finding } from './finding.ts';
import { Place } from './served-zones.ts';
import type { ServedZone } from './served-zones.ts';
import type { Source } from './source.ts';
import { elsewhere, foundIn, zoneRemark } from './zone-remark.ts';
import { LONGEST_NAME, copyNameAt, isUnder } from './spelling.ts';

/** Names that are remembered of one chain. */
const MOST = 16;

/** Where a look-up is. What it says holds until another question begins. */
export class Walk {
  readonly source: Source;
  readonly place = new Place();
  readonly finding = new Finding();
  /** The client's question, and the zone that it is in. */
  query!: Query;
  zone!: ServedZone;
  /** The question of this step: the client's at first, then about what an alias leads to. */
  asked!: Query;
  /** The reply, from the first alias on. */
  reply!: Message;
  /** How many aliases were followed, and where in the reply the name stands that the last one leads to. */
  hops = 0;
  owner = HEADER;
  /** That name, as it is spelled, and its octets. */
  readonly name = new Uint8Array(256);
  length = 0;
  readonly #said: Remark;
  /** Of all steps but the first: a query that is made into one question after the other. */
  #spare: Query | undefined = undefined;
  /** The names that were asked for, in lower case, one after the other, and where each ends. */
  readonly #seen = new Uint8Array(MOST * 256);
  readonly #ends = new Int32Array(MOST + 1);

  constructor(source: Source) {
    this.source = source;
    this.#said = zoneRemark(source);
  }

  /** Remarks what was found at this step, where anybody listens. */
  remark(): void {
    const { query, zone, finding, asked } = this;
    if (query.journey.notes !== undefined) query.note(this.#said, zone.index, foundIn(finding, asked.type));
  }
  /** The same of a name that others may have. */
  handedOn(query: Query): Query {
    if (query.journey.notes !== undefined) query.note(this.#said, this.zone.index, elsewhere(this.finding));
    return query;
  }

  /** Another question begins; false where it is in none of the zones. */
  begin(query: Query): boolean {
    if (!this.source.zones.find(query, this.place)) return false;
    this.query = query;
    this.asked = query;
    this.zone = this.place.zone;
    this.hops = 0;
    this.owner = HEADER;
    return true;
  }
  /** The label `zone/wildcard` where anybody collects labels: what a wildcard made of the name that the client asked for. */
  tellWildcard(): void {
    const { query, finding: { label }, place, hops } = this;
    if (hops > 0 || query.metadata === undefined) return;
    const { bytes, keyAt, nameLength } = query;
    const from = place.at[label]!;
    const encloser = Name.read(bytes, from, keyAt + nameLength, from).text;
    query.metadata.set('zone/wildcard', encloser === '.' ? '*.' : `*.${encloser}`);
  }
  /** Begins the reply where it has not begun. */
  open(): Message {
    if (this.hops === 0) this.reply = this.query.begin(AA, 0);
    return this.reply;
  }
  /** Goes on with what the alias leads to whose data stands at this offset of the reply. */
  follow(at: number): void {
    if (this.hops++ === 0) this.#remember(this.query.bytes, this.query.keyAt, this.query.nameLength, 0);
    this.owner = at;
    this.length = copyNameAt(this.reply, at, this.name);
  }
  /** Whether the name was asked for before on this walk; from now on it was. */
  isLoop(): boolean {
    const { name, length, hops } = this;
    const to = this.#ends[hops]!;
    this.#remember(name, 0, length, hops);
    for (let i = 0; i < hops; i++) {
      const from = this.#ends[i]!;
      if (this.#ends[i + 1]! - from === length && this.#isSame(from, to, length)) return true;
    }
    return false;
  }
  /** Whether the last alias leads to its own owner. */
  isSelf(): boolean {
    const { name, length } = this;
    const { bytes, keyAt, nameLength } = this.asked;
    if (nameLength !== length) return false;
    for (let i = 0; i < length; i++) if (foldByte(name[i]!) !== bytes[keyAt + i]) return false;
    return true;
  }
  #isSame(one: number, other: number, length: number): boolean {
    const seen = this.#seen;
    for (let i = 0; i < length; i++) if (seen[one + i] !== seen[other + i]) return false;
    return true;
  }
  #remember(bytes: Uint8Array, from: number, length: number, number: number): void {
    let at = this.#ends[number]!;
    for (let i = 0; i < length; i++) this.#seen[at++] = foldByte(bytes[from + i]!);
    this.#ends[number + 1] = at;
  }
  /** Whether the name that the last alias leads to is in the zone that the walk began in. */
  get staysInZone(): boolean {
    return isUnder(this.name, this.length, this.zone.bytes);
  }
  /** Makes the name of the last alias the question of this step; false where it is in none of the zones. */
  step(): boolean {
    const { query } = this;
    const spare = this.#spareFor(query);
    become(spare, query, this.name, this.length, query.type, query.class);
    this.asked = spare;
    return this.source.zones.find(spare, this.place);
  }
  #spareFor(query: Query): Query {
    const spare = this.#spare;
    if (spare !== undefined && spare.keyAt - spare.at >= query.length + LONGEST_NAME) return spare;
    return this.#spare = take(query, LONGEST_NAME, query.length + LONGEST_NAME);
  }
}
