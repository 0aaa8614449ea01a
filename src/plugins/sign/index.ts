// *sign* signs zone files and writes them anew (9.52). Knows when parts live; what is signed and when is in zone-signer.ts.
import { every } from '../../kernel/clock.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import { readSettings } from './config.ts';
import type { SignSettings } from './config.ts';
import { LOOK, ROUND, ZoneSigner } from './zone-signer.ts';

class Sign implements Part {
  readonly #settings: SignSettings;

  constructor(settings: SignSettings) {
    this.#settings = settings;
  }
  /** Signed once before anybody serves; then an input that changes is seen within a minute. */
  async control(run: Run): Promise<void> {
    const log = run.log.prefix('sign');
    const signers = this.#settings.zones.map((zone) => new ZoneSigner(this.#settings, zone, { clock: run.clock, log, aside: run.aside }));
    const look = async (told: boolean) => {
      for (const signer of signers) await signer.look(told);
    };
    await look(true);
    let rounds = 0;
    every(run.clock, LOOK, run.signal, run.report, () => look(++rounds % (ROUND / LOOK) === 0));
  }
}

export default definePlugin({ name: 'sign', parse: readSettings, create: (settings) => settings.map((one) => new Sign(one)) });
