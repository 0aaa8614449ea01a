// A server of ours that orders certificates from an ACME server which is scripted, with a clock that is moved by hand. Knows how both are
// put together; knows nothing of what they say.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { standard } from '../plugins/index.ts';
import { FIRST_MOMENT, FakeClock } from './fake-clock.ts';
import { freePort } from './free-port.ts';
import { MadeAcme } from './made-acme.ts';
import { serve } from './served.ts';
import type { Served } from './served.ts';

const DAY = 86_400_000;

/** A clock that days can be left out of: timers that fall due meanwhile are called later, as after a machine has slept. */
export class LeapingClock extends FakeClock {
  #leapt = 0;
  override monotonic(): number {
    return super.monotonic() + this.#leapt;
  }
  override wall(): number {
    return super.wall() + this.#leapt;
  }
  leap(milliseconds: number): void {
    this.#leapt += milliseconds;
  }
}

/** An ACME server, and what a server of ours needs to order from it. */
export async function scene(t: TestContext): Promise<Scene> {
  const acme = new MadeAcme();
  await acme.listen();
  t.after(() => acme.close());
  const folder = mkdtempSync(join(tmpdir(), 'acme-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new LeapingClock();
  acme.life = { from: FIRST_MOMENT - 3600_000, until: FIRST_MOMENT + 90 * DAY };
  return { acme, folder, clock };
}
/** Both. */
export interface Scene {
  readonly acme: MadeAcme;
  readonly folder: string;
  readonly clock: LeapingClock;
}

/** A server of ours that orders from it, for these names, with more words in its braces and beside it; whether it is asked for proofs. */
export async function started(
  t: TestContext, { acme, folder, clock }: Scene, { names = 'a.test', more = '', beside = '', isAsked = true } = {},
): Promise<Served & { readonly says: (pattern: RegExp) => Promise<void> }> {
  const port = await freePort();
  if (isAsked) acme.dns = port;
  const lines = `tls {\nacme ${names}\nca ${acme.url}/dir\nstorage ${folder}\n${more}\n}`;
  const server = await serve(`test:${port} {\nbind 127.0.0.1\n${beside}\n${lines}\nwhoami\n}`, standard, clock);
  t.after(() => server.close());
  return {
    ...server,
    /** Lets the clock go on, while nobody waits for the ACME server, until the log says this. */
    says: (pattern: RegExp) => until(() => pattern.test(server.log()), acme, clock, () => `${pattern}: ${server.log()}`),
  };
}
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** The same until a condition holds; days can go by in steps. */
export async function until(condition: () => boolean, acme: MadeAcme, clock: LeapingClock, what: () => string, leap = 0): Promise<void> {
  for (let i = 0; i < 20_000; i++) {
    if (condition()) return;
    await pause(2);
    if (acme.busy > 0) continue;
    clock.leap(leap);
    await clock.elapse(leap === 0 ? 1000 : 10_000);
  }
  throw new Error(`waited in vain: ${what()}`);
}
