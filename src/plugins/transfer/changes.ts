// From word that a zone changed to the notifies of its secondaries (XFR-4). Knows sources and lines of *transfer*; how a notify is sent
// is notify.ts's.
import type { TransferSource } from '../../authority/transfer.ts';
import type { Name } from '../../dns/name.ts';
import { quoted } from '../../wording/quote.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { stanzaOf } from './access.ts';
import type { Stanza } from './config.ts';
import { Notifier } from './notify.ts';

/** Listens to the sources of a block, and tells secondaries once `begin` was called. */
export class Changes {
  readonly #run: Run;
  readonly #stanzas: readonly Stanza[];
  readonly #notifiers = new Map<Stanza, readonly Notifier[]>();
  /** What changed before the server listened: a secondary that is told asks at once. */
  #early: Map<string, () => void> | undefined = new Map();

  constructor(run: Run, stanzas: readonly Stanza[], sources: readonly TransferSource[]) {
    this.#run = run;
    this.#stanzas = stanzas;
    for (const stanza of stanzas) {
      this.#notifiers.set(stanza, stanza.secondaries.map((secondary) => new Notifier(run, secondary, stanza.source)));
    }
    for (const source of sources) source.watch?.((zone) => this.#changed(zone, source.name));
  }

  /** From now on secondaries are told; first of what changed until now. */
  begin(): void {
    const early = this.#early;
    this.#early = undefined;
    for (const tell of early?.values() ?? []) tell();
  }

  #changed(zone: Name, plugin: string): void {
    if (this.#run.signal.aborted) return;
    if (this.#early === undefined) this.#tell(zone, plugin);
    else this.#early.set(zone.key, () => this.#tell(zone, plugin));
  }
  /** As in CoreDNS, the plugin whose zone it is complains, and this one says when all is done. */
  #tell(zone: Name, plugin: string): void {
    const stanza = stanzaOf(this.#stanzas, zone);
    if (stanza === undefined) return;
    const { log } = this.#run;
    void Promise.all(this.#notifiers.get(stanza)!.map(async (notifier) => {
      const error = await notifier.notify(zone);
      if (error !== undefined) log.prefix(plugin).warning(error);
    })).then(() => log.prefix('transfer').debug(`Sent notifies for zone ${quoted(zone.text)} to [${stanza.to.join(' ')}]`));
  }
}
