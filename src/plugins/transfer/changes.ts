// From word that a zone changed to the notifies of its secondaries (XFR-4). Knows sources and lines of *transfer*; how a notify is sent
// is notify.ts's.
import type { TransferSource } from '../../authority/transfer.ts';
import type { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import { quoted } from '../../wording/quote.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { stanzaOf } from './access.ts';
import type { Stanza } from './config.ts';
import { Notifier } from './notify.ts';
import { Pace } from './pace.ts';
import type { Key } from '../../tsig/key.ts';

/** Listens to the sources of a block, and tells secondaries once `begin` was called. */
export class Changes {
  readonly #run: Run;
  readonly #stanzas: readonly Stanza[];
  readonly #sources: readonly TransferSource[];
  readonly #notifiers = new Map<Stanza, readonly Notifier[]>();
  /** What changed before the server listened: a secondary that is told asks at once. */
  #early: Map<string, () => void> | undefined = new Map();

  constructor(run: Run, stanzas: readonly Stanza[], sources: readonly TransferSource[], keys: ReadonlyMap<string, Key>) {
    this.#run = run;
    this.#stanzas = stanzas;
    this.#sources = sources;
    const pace = new Pace(run.clock);
    for (const stanza of stanzas) {
      this.#notifiers.set(stanza, stanza.secondaries.map((secondary) => {
        const key = secondary.key === undefined ? undefined : keys.get(secondary.key);
        return new Notifier(run, secondary, { source: stanza.source, key, pace });
      }));
    }
    for (const source of sources) source.watch?.((zone) => this.#changed(zone, source));
  }

  /** From now on secondaries are told; first of what changed until now. */
  begin(): void {
    const early = this.#early;
    this.#early = undefined;
    for (const tell of early?.values() ?? []) tell();
  }

  /** Tells the secondaries of a zone that it changed, and says who they are: nobody where no source has it. */
  again(zone: Name): readonly string[] {
    const source = this.#sources.find((each) => this.#soaOf(zone, each) !== undefined);
    const secondaries = stanzaOf(this.#stanzas, zone)?.secondaries ?? [];
    if (source === undefined || secondaries.length === 0) return [];
    this.#changed(zone, source);
    return secondaries.map(({ text }) => text);
  }
  #changed(zone: Name, source: TransferSource): void {
    if (this.#run.signal.aborted) return;
    if (this.#early === undefined) this.#tell(zone, source);
    else this.#early.set(zone.key, () => this.#tell(zone, source));
  }
  /** As in CoreDNS, the plugin whose zone it is complains, and this one says when all is done. */
  #tell(zone: Name, source: TransferSource): void {
    const stanza = stanzaOf(this.#stanzas, zone);
    if (stanza === undefined) return;
    const { log } = this.#run;
    const soa = this.#soaOf(zone, source);
    void Promise.all(this.#notifiers.get(stanza)!.map(async (notifier) => {
      const error = await notifier.notify(zone, soa);
      if (error !== undefined) log.prefix(source.name).warning(source.failed?.(zone, error) ?? error);
    })).then(() => log.prefix('transfer').debug(`Sent notifies for zone ${quoted(zone.text)} to [${stanza.to.join(' ')}]`));
  }
  /** What a notify tells of the new version (RFC 1996 section 3.7): a hint, so none is no harm. */
  #soaOf(zone: Name, source: TransferSource): RR | undefined {
    try {
      const transfer = this.#run.store.reading.within(() => source.transfer(zone, undefined));
      return transfer instanceof Promise ? undefined : transfer?.soa;
    } catch {
      return undefined;
    }
  }
}
