// A pool of UDP sockets without a network, for the tests of this folder. No real time.
import assert from 'node:assert/strict';
import { Name } from '../dns/name.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeDatagrams } from '../testing/fake-datagrams.ts';
import { makeQuestion } from './ask.ts';
import { Asking } from './asking.ts';
import type { ExchangeError } from './asking.ts';
import { DEFAULT_POOL, UNCOUNTED } from './pool-settings.ts';
import type { PoolSettings } from './pool-settings.ts';
import { RandomIds } from './random-ids.ts';
import { Timers } from './timers.ts';
import { UdpPool } from './udp-pool.ts';

/** What became of a question: one line for each call. */
export class Recorded extends Asking {
  readonly log: string[] = [];
  constructor(name: string, type = 1) {
    super();
    this.question = makeQuestion(Name.parse(name), type, true);
  }
  answered(_bytes: Uint8Array, _words: Int32Array, _at: number, length: number): void {
    this.log.push(`answered ${length}`);
  }
  mismatched(): void {
    this.log.push('mismatched');
  }
  failed(error: ExchangeError): void {
    this.log.push(error.message);
  }
}
/** Draws the numbers it is given, then others. */
export class Scripted extends RandomIds {
  readonly #numbers: number[];
  constructor(...numbers: number[]) {
    super();
    this.#numbers = numbers;
  }
  override next(): number {
    return this.#numbers.shift() ?? super.next();
  }
  override below(count: number): number {
    return count === 0 ? 0 : 0;
  }
}
/** A pool over sockets that a test plays. */
export function setUp(settings: Partial<PoolSettings> = {}, ids: RandomIds = new RandomIds()) {
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const datagrams = new FakeDatagrams();
  const counts = { hit: 0, miss: 0, stray: 0, besieged: 0 };
  const counter = {
    ...UNCOUNTED,
    hit: () => void counts.hit++, miss: () => void counts.miss++, stray: () => void counts.stray++, besieged: () => void counts.besieged++,
  };
  const to = { address: '127.0.0.1', port: 5353 };
  const overTcp: Asking[] = [];
  const pool = new UdpPool({
    to, datagrams, timers, ids, settings: { ...DEFAULT_POOL, ...settings }, counter, overTcp: (asking) => overTcp.push(asking),
  });
  const ask = (name: string, type?: number) => {
    const asking = new Recorded(name, type);
    assert.equal(pool.ask(asking), undefined);
    const [sent] = datagrams.sent();
    return { asking, ...sent! };
  };
  return { clock, timers, datagrams, pool, counts, overTcp, ask };
}
/** The same packet as a reply. */
export const reply = (packet: Uint8Array) => {
  const copy = packet.slice();
  copy[2] = 0x81;
  return copy;
};

