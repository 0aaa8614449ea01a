// A world of tests: zones at their servers behind a link that may go down, and a resolver on a clock that the test moves. No tests of
// its own.
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import { Store } from '../store/store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { MadeInternet, MadeZone, SIGNED_AT } from '../testing/made-internet.ts';
import type { ServerNetwork } from './exchange.ts';
import { recordsOf } from './kept-set.ts';
import { sharedParts } from './rig.test.ts';
import { Resolver } from './resolver.ts';
import { DEFAULTS } from './settings.ts';
import type { ResolverSettings, ServerAddress } from './settings.ts';

/** Addresses of the servers of the root, of `test.` and of `a.test.`, and what that one answers. */
export const ROOTS = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
export const ROOTS_SIX = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8::4'];
export const TEST = '192.0.2.20', TEST_SIX = '2001:db8::20', A = '192.0.2.30', A_SIX = '2001:db8::30';

/** A made-up internet behind a link that may be down, by IPv4 or by IPv6, and at which servers may be. */
export class World implements ServerNetwork {
  readonly clock: FakeClock;
  readonly internet = new MadeInternet();
  readonly down: Set<4 | 6 | string>;
  readonly #store: Store;
  /** What its threads share. */
  readonly shared: ReturnType<typeof sharedParts>;
  readonly resolver: Resolver;
  readonly zones: Zones;
  /** Milliseconds that a question and its answer take. */
  trip = 20;
  #seed = 1;

  /** With another world it has the clock, the link, and what threads of one process have in common. */
  constructor(settings: Partial<ResolverSettings> = {}, signed = false, other?: World) {
    this.clock = other?.clock ?? new FakeClock();
    this.down = other?.down ?? new Set();
    this.#store = other === undefined ? Store.create(1 << 23) : Store.join(other.#store.share(), 1);
    this.shared = sharedParts(this.#store);
    const six = settings.ipv6 !== false;
    this.zones = other?.zones ?? zonesOf(six, signed);
    const { root, zone, a } = this.zones;
    for (const address of [...ROOTS, ...ROOTS_SIX]) this.internet.at(address, root);
    this.internet.at(TEST, zone).at(TEST_SIX, zone).at(A, a).at(A_SIX, a);
    const hints = ROOTS.map((address, i) => ({ name: Name.parse(`ns${i}.`), addresses: [address, ...(six ? [ROOTS_SIX[i]!] : [])] }));
    const parts = { network: this, now: () => this.clock.monotonic(), random: this.random, udpSize: 1232,
      ...this.shared,
      after: (milliseconds: number, call: () => void) => this.clock.after(milliseconds, call) };
    this.resolver = new Resolver({ ...DEFAULTS, hints, minimise: 'off', ...settings }, parts, !signed ? undefined : {
      anchors: [{ zone: Name.root, ds: [], keys: [root.key!.data] }], insecure: [], mostIterations: 50, permissive: false,
      aggressive: false, hardenStripped: true, sentinel: false, signals: false, supports: (number) => number === 13,
      supportsDigest: (kind) => kind === 2, wall: () => SIGNED_AT * 1000,
    });
  }
  readonly random = (): number => (this.#seed = (this.#seed * 16807) % 2147483647) / 2147483647;
  exchange(to: ServerAddress, query: Uint8Array, tcp: boolean, patience: number, isIt: (reply: Uint8Array) => boolean) {
    const { address } = to;
    const isDown = this.down.has(address.includes(':') ? 6 : 4) || this.down.has(address);
    if (isDown) this.internet.asked.push(`${address} lost`);
    return new Promise<Uint8Array | undefined>((resolve) => {
      if (isDown) this.clock.after(patience, () => resolve(undefined));
      else this.clock.after(this.trip, () => resolve(this.internet.exchange(to, query, tcp, patience, isIt)));
    });
  }
  /** What is answered within so many milliseconds of the clock: `NOERROR 192.0.2.80`. */
  async ask(question: string, milliseconds = 500): Promise<string> {
    const [name = '', type = 'A'] = question.split(' ');
    let said = 'nothing';
    const asked = { name: Name.parse(name), type: typeByName(type)!, class: CLASS.IN };
    void this.resolver.resolve(asked).then(({ rcode, answer, why, code }) => {
      const records = answer.flatMap((set) => recordsOf(set, this.clock.monotonic(), false));
      said = [rcodeName(rcode), ...records.map((rr) => printRR(rr).split('\t').at(-1)), ...(why === undefined ? [] : [`(${code}: ${why})`])]
        .join(' ');
    });
    await this.clock.elapse(milliseconds);
    return said;
  }
  /** Who was asked since: addresses, each once. */
  asked(): string[] {
    const all = this.internet.asked.map((each) => each.split(' ')[0]!);
    this.internet.asked = [];
    return [...new Set(all)].sort();
  }
}
/** The zones of a world, which others of its process have too. */
interface Zones { readonly root: MadeZone; readonly zone: MadeZone; readonly a: MadeZone }
function zonesOf(six: boolean, signed: boolean): Zones {
  const named = (six: boolean) => ROOTS.flatMap((address, i) => [`. 3600 NS ns${i}.`, `ns${i}. 3600 A ${address}`,
    ...(six ? [`ns${i}. 3600 AAAA ${ROOTS_SIX[i]}`] : [])]);
  const a = new MadeZone('a.test.', ['@ 3600 NS ns', `ns 3600 A ${A}`, `ns 3600 AAAA ${A_SIX}`, '* 30 A 192.0.2.80',
    'www 30 A 192.0.2.80'], signed);
  const zone = new MadeZone('test.', ['@ 3600 NS ns', `ns 3600 A ${TEST}`, `ns 3600 AAAA ${TEST_SIX}`, 'a 3600 NS ns.a',
    `ns.a 3600 A ${A}`, `ns.a 3600 AAAA ${A_SIX}`, ...(signed ? [a.ds] : [])], signed);
  const root = new MadeZone('.', [...named(six), 'test. 3600 NS ns.test.', `ns.test. 3600 A ${TEST}`,
    ...(six ? [`ns.test. 3600 AAAA ${TEST_SIX}`] : []), ...(signed ? [zone.ds] : [])], signed);
  return { root, zone, a };
}
/** The answer for any name below `a.test.`. */
export const GOOD = 'NOERROR 192.0.2.80';
