// What tests of the resolver share: a root, two zones below it, and a resolver that begins there. No tests of its own.
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import { CLASS, TYPE, typeByName } from '../dns/type-name.ts';
import { Store } from '../store/store.ts';
import { MadeInternet, MadeZone, SIGNED_AT } from '../testing/made-internet.ts';
import type { ValidationSettings } from './anchors.ts';
import { recordsOf } from './kept-set.ts';
import { Resolver } from './resolver.ts';
import type { ExchangeParts } from './exchange.ts';
import { REACH_FLAGS } from './reach.ts';
import { SharedRecords, sharedLimits } from './shared-records.ts';
import { SERVER_TABLE } from './servers.ts';
import { DEFAULTS } from './settings.ts';
import type { ResolverSettings } from './settings.ts';

/** Addresses of the root, of `test.` and of `a.test.`. */
export const ROOT = '192.0.2.1', TEST = '192.0.2.2', A = '192.0.2.3', B = '192.0.2.4';

/** What resolvers of this store have in common. */
export const sharedParts = (store: Store): Pick<ExchangeParts, 'servers' | 'reach' | 'records' | 'turns'> => ({
  servers: { cards: store.cards('servers', SERVER_TABLE), epoch: 0 }, reach: store.cells.flags('reach', REACH_FLAGS),
  records: new SharedRecords(store.cache('records', sharedLimits(1 << 20)), store.changes, 0),
  turns: { claims: store.claims('turns', 12_000), hash: store.memory.hash, salt: 0, epoch: 0 },
});
/** A resolver in a made-up internet. */
export class Rig {
  readonly internet = new MadeInternet();
  readonly resolver: Resolver;
  /** Milliseconds of its clock, and what the wall's is beside it. */
  time = 1000;
  wall = SIGNED_AT * 1000;

  constructor(settings: Partial<ResolverSettings> = {}, validation?: Partial<ValidationSettings>) {
    const hints = [{ name: Name.parse('ns.root.'), addresses: [ROOT] }];
    const events = { spent: (limit: string) => void this.spent.push(limit), reached: () => {} };
    const parts = { network: this.internet, now: () => this.time, after: this.after, random: () => this.random(), udpSize: 1232, events,
      ...sharedParts(Store.create(1 << 23)) };
    const supports = (number: number): boolean => number === 13;
    this.resolver = new Resolver({ ...DEFAULTS, hints, minimise: 'off', ...settings }, parts, validation === undefined ? undefined : {
      anchors: [], insecure: [], mostIterations: 50, permissive: false, aggressive: false, hardenStripped: true, sentinel: true,
      signals: false, supports, supportsDigest: (kind) => kind === 2,
      wall: () => this.wall + this.time, ...validation,
    });
  }
  /** What was spent by questions without an answer. */
  readonly spent: string[] = [];
  random = (): number => 0.5;
  /** What waits for its time. */
  readonly waiting: (() => void)[] = [];
  readonly after = (_milliseconds: number, call: () => void): (() => void) => {
    this.waiting.push(call);
    return () => {};
  };
  /** `NOERROR www.a.test. 300 A 192.0.2.80`, the rcode and the records of the answer; `secure` and the like in front where it validates. */
  async ask(question: string): Promise<string> {
    const [name = '', type = ''] = question.split(' ');
    const found = await this.resolver.resolve({ name: Name.parse(name), type: typeByName(type)!, class: CLASS.IN });
    const records = found.answer.flatMap((set) => recordsOf(set, this.time, false)).filter((rr) => rr.type !== TYPE.RRSIG);
    const text = records.map((rr) => printRR(rr).replace(/\tIN\t/, ' ').replaceAll('\t', ' '));
    const security = found.security === 'unchecked' ? [] : [found.security];
    return [...security, rcodeName(found.rcode), ...text, ...(found.why === undefined ? [] : [`(${found.code}: ${found.why})`])].join(' ');
  }
  /** What was asked since. */
  asked(): string[] {
    const asked = this.internet.asked;
    this.internet.asked = [];
    return asked;
  }
}

/** What they are. */
export interface Zones { readonly root: MadeZone; readonly test: MadeZone; readonly a: MadeZone; readonly b: MadeZone }

/** The zones of most tests: `test.` has `a.test.` and `b.test.`; `more` lines of it, and `ds` in place of the DS of `a.test.`. */
export function zones(signed = false, { more = [], ds }: { readonly more?: readonly string[]; readonly ds?: string } = {}): Zones {
  const a = new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${A}`, 'www 300 A 192.0.2.80', 'alias 300 CNAME www.b.test.',
    '*.wild 300 A 192.0.2.81', 'x.ent 300 A 192.0.2.82', 'inner 300 CNAME www'], signed);
  const b = new MadeZone('b.test.', ['@ 300 NS ns', `ns 300 A ${B}`, 'www 300 A 192.0.2.90']);
  const test = new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, 'a 300 NS ns.a', `ns.a 300 A ${A}`, 'b 300 NS ns.b',
    `ns.b 300 A ${B}`, ...(signed ? [ds ?? a.ds] : []), ...more], signed);
  const root = new MadeZone('.', [`. 300 NS ns.root.`, `ns.root. 300 A ${ROOT}`, 'test. 300 NS ns.test.', `ns.test. 300 A ${TEST}`,
    ...(signed ? [test.ds] : [])], signed);
  return { root, test, a, b };
}
/** A rig with these zones at their addresses. */
export function rigOf(settings: Partial<ResolverSettings> = {}, signed = false, made = zones(signed)): Rig & { zones: typeof made } {
  const anchors = signed ? [{ zone: Name.root, ds: [], keys: [made.root.key!.data] }] : [];
  const rig = new Rig(settings, signed ? { anchors } : undefined);
  rig.internet.at(ROOT, made.root).at(TEST, made.test).at(A, made.a).at(B, made.b);
  return Object.assign(rig, { zones: made });
}
