// UPDATEs of a registry's zones (RFC 2136), one after the other: held against what is there, written as one transaction, answered when this
// server's names have it. Knows updates, leases and what came before; what is written is plan.ts's. Main's.
import { randomBytes } from 'node:crypto';
import { record } from '../../../dns/rr.ts';
import { decodeMessage } from '../../../dns/message.ts';
import { Name } from '../../../dns/name.ts';
import type { Parts } from '../../../dns/parts.ts';
import { RCODE, rcodeName } from '../../../dns/rcode.ts';
import type { RR } from '../../../dns/rr.ts';
import { CLASS, TYPE } from '../../../dns/type-name.ts';
import { WireError } from '../../../dns/wire.ts';
import { KeyValueError } from '../../../key-value/key-value.ts';
import { permissionOf } from '../../../authority/update-rules.ts';
import type { Grant } from '../../../authority/update-rules.ts';
import { Receipts } from '../../../authority/update-receipts.ts';
import type { Signed } from '../../../authority/update-receipts.ts';
import { update } from '../../../authority/update.ts';
import { skydnsSoa } from '../../../skydns/zone-soa.ts';
import type { Audit } from '../audit.ts';
import type { Directory } from '../directory.ts';
import type { ZoneNames } from '../zones/zone-names.ts';
import { leaseIn } from './lease-option.ts';
import type { UpdateLease } from './lease-option.ts';
import { planOf } from './plan.ts';

/** An UPDATE as a thread hands it to main; can be sent between threads. */
export interface UpdateOrder {
  /** The zone, as text. */
  readonly update: string;
  /** The message, without its signature. */
  readonly packet: Uint8Array;
  readonly signed: Signed;
  readonly grants: readonly Grant[];
  /** Seconds of leases. */
  readonly bounds: { readonly least: number; readonly most: number };
}
/** What became of it. */
export interface Updated {
  readonly rcode: number;
  /** What was granted of the lease that it asks for. */
  readonly lease: UpdateLease | undefined;
  readonly why?: string | undefined;
}
/** What they are done with. */
export interface StoreUpdatesParts {
  readonly directory: Directory;
  /** All names of the zones as they are now; undefined while that is not known. */
  readonly names: () => ZoneNames | undefined;
  /** Operations that one transaction of the store may have. */
  readonly most: number;
  /** undefined: nobody keeps who tried what. */
  readonly audit: Audit | undefined;
  readonly failed: (error: unknown) => void;
}

/** Updates that wait at most; tries where others change the same at the same time. */
const MOST_WAITING = 1000, TRIES = 20;
/** Seconds that what was done is remembered in the store, in pieces of so many: a signature is accepted for ten minutes at most. */
const REMEMBERED = 900, PIECE = 120;

/** The updates of one registry. */
export class StoreUpdates {
  readonly #parts: StoreUpdatesParts;
  readonly #receipts = new Receipts();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #remembering: { readonly lease: Promise<bigint>; readonly until: number } | undefined;

  constructor(parts: StoreUpdatesParts) {
    this.#parts = parts;
  }
  /** What became of it; when this resolves it is kept, and this server answers with it. */
  async take(order: UpdateOrder): Promise<Updated> {
    const parts = read(order.packet);
    const asked = parts === undefined ? undefined : leaseIn(parts.edns, order.bounds);
    if (parts === undefined || asked === 'malformed') return { rcode: RCODE.FORMERR, lease: undefined };
    let why: string | undefined;
    const { signed } = order;
    const answer = await this.#receipts.once(signed, async () => {
      const done = await this.#inTurn(() => this.#do(order, parts, asked));
      ({ why } = done);
      // What could not be done may be tried again.
      const seconds = Math.floor(this.#parts.directory.parts.clock.wall() / 1000);
      if (done.rcode !== RCODE.SERVFAIL) this.#receipts.give({ ...signed, rcode: done.rcode }, seconds);
      await this.#note(order, done.rcode, why);
      return done.rcode;
    });
    const rcode = answer ?? RCODE.REFUSED;
    return { rcode, why, lease: rcode === RCODE.NOERROR ? asked : undefined };
  }
  async #note({ update: path, signed: { key } }: UpdateOrder, status: number, why: string | undefined): Promise<void> {
    const problem = status === 0 ? undefined : why ?? rcodeName(status);
    await this.#parts.audit?.note({ who: key, method: 'UPDATE', path, status, problem });
  }
  async #inTurn(act: () => Promise<Pick<Updated, 'rcode' | 'why'>>): Promise<Pick<Updated, 'rcode' | 'why'>> {
    if (this.#waiting >= MOST_WAITING) return { rcode: RCODE.SERVFAIL, why: 'too many updates wait' };
    this.#waiting++;
    const turn = this.#last.then(act).catch((error: unknown) => {
      this.#parts.failed(error);
      return { rcode: RCODE.SERVFAIL };
    }).finally(() => this.#waiting--);
    this.#last = turn;
    return turn;
  }

  async #do(order: UpdateOrder, parts: Parts, asked: UpdateLease | undefined): Promise<Pick<Updated, 'rcode' | 'why'>> {
    const { directory, names: known, most } = this.#parts;
    const { keys, path } = directory.parts;
    const zone = Name.parse(order.update);
    await directory.listed();
    const gone = new Set<bigint>();
    const receipt = `/coredns-ts/${path}/updates/${Buffer.from(order.signed.mac).toString('hex')}`;
    for (let tries = 0; tries < TRIES; tries++) {
      const names = known();
      const { index, revision } = directory.parts.names;
      if (names === undefined || index === undefined) return { rcode: RCODE.SERVFAIL, why: 'it is not known what there is' };
      const at = (name: Name): readonly RR[] => (name.equals(zone) ? [soaOf(zone, revision), ...names.at(name)] : names.at(name));
      const { rcode, changed } = update({ zone, at }, parts, permissionOf(order.grants));
      // What was done already, here or by another server, need not hold against what it did itself.
      if (rcode !== RCODE.NOERROR) return { rcode: await keys.get(receipt) === undefined ? rcode : RCODE.NOERROR };
      const adds = parts.authority.filter((each) => each.class === CLASS.IN);
      if (adds.some(({ type }) => type === TYPE.SOA)) return { rcode: RCODE.REFUSED, why: "the zone's serial is the store's revision" };
      const plan = planOf(index, path, revision, {
        zone, changed, at, adds: adds.map(({ name, type, ttl, rdata }) => record(name.folded, type, CLASS.IN, ttl, rdata)),
        required: parts.answer.map(({ name }) => name.folded), holder: order.signed.key, lease: asked?.lease, gone,
      }, () => randomBytes(4).toString('hex'));
      if (plan.refused !== undefined) return { rcode: RCODE.REFUSED, why: plan.refused };
      if (Math.max(plan.operations.length, plan.comparisons.length) >= most) {
        return { rcode: RCODE.REFUSED, why: `one update changes less than ${most} things here` };
      }
      const left = plan.renewed.size === 0 ? new Map() : await keys.renew([...plan.renewed]);
      const ended = [...plan.renewed].filter((id) => !left.has(id));
      for (const id of ended) gone.add(id);
      if (ended.length > 0) continue;
      if (plan.operations.length === 0) return { rcode };
      const done = await this.#write(plan, receipt, asked?.lease);
      if (done === 'again') continue;
      await directory.served(done.revision);
      if (done.done || done.found.some(({ key }) => key === receipt)) return { rcode };
    }
    return { rcode: RCODE.SERVFAIL, why: 'others change the same' };
  }
  async #write({ operations, comparisons }: ReturnType<typeof planOf>, receipt: string, grant: number | undefined) {
    const { keys, clock } = this.#parts.directory.parts;
    const now = clock.monotonic();
    if (this.#remembering === undefined || this.#remembering.until <= now) {
      this.#remembering = { lease: keys.grant(REMEMBERED), until: now + PIECE * 1000 };
    }
    const remembering = this.#remembering;
    try {
      return await keys.transaction({
        if: [...comparisons, { key: receipt, revision: 0n }],
        operations: [...operations, { put: receipt, value: new Uint8Array(0), lease: await remembering.lease }],
        ...grant !== undefined && { grant },
      });
    } catch (error) {
      if (this.#remembering === remembering) this.#remembering = undefined;
      if (error instanceof KeyValueError && error.trouble === 'lease') return 'again';
      throw error;
    }
  }
}
const soaOf = (zone: Name, revision: bigint): RR => skydnsSoa(zone, Number(BigInt.asUintN(32, revision)));
/** The message decoded; undefined where its records cannot be read. */
function read(packet: Uint8Array): Parts | undefined {
  try {
    return decodeMessage(packet);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
