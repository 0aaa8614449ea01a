// *transfer* performs (outgoing) zone transfers for other plugins. Knows who may have which zone; what is in a zone its sources know.
import { transferMessages } from '../../authority/transfer-messages.ts';
import type { Shared } from '../../authority/transfer-messages.ts';
import { Transfers, isUpToDate, serialOf } from '../../authority/transfer.ts';
import type { Transfer, TransferSource } from '../../authority/transfer.ts';
import { turnsOf } from '../../authority/turns.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { quoted } from '../../wording/quote.ts';
import { apart } from '../../kernel/query/derive.ts';
import { envelope } from '../../kernel/query/finish.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { AA } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import { clientOf, stanzaOf } from './access.ts';
import { Changes } from './changes.ts';
import { readStanzas } from './config.ts';
import type { Stanza } from './config.ts';

class ZoneTransfers implements Part {
  readonly #stanzas: readonly Stanza[];
  readonly #site: Site;
  #sources: readonly TransferSource[] = [];
  #log!: Log;
  #shared!: Shared;
  #changes: Changes | undefined = undefined;

  constructor(stanzas: readonly Stanza[], site: Site) {
    this.#stanzas = stanzas;
    this.#site = site;
  }

  control(run: Run): void {
    this.#changes = new Changes(run, this.#stanzas, this.#site.all(Transfers));
  }
  started(): void {
    this.#changes?.begin();
  }
  start(run: Run): void {
    this.#sources = this.#site.all(Transfers);
    this.#log = run.log.prefix('transfer');
    this.#shared = { store: run.store, turns: turnsOf(run.store, run.clock) };
  }

  handle(query: Query, next: Handler): Answer {
    const { type } = query;
    if (type !== TYPE.AXFR && type !== TYPE.IXFR) return next(query);
    if (!query.stream) {
      query.extendedError = { code: INFO_CODE.NOT_SUPPORTED, text: 'zones are transferred over TCP' };
      return failure(RCODE.REFUSED);
    }
    const zone = query.name.folded;
    const stanza = stanzaOf(this.#stanzas, zone);
    if (stanza === undefined) return next(query);
    if (!stanza.anybody && !stanza.secondaries.some(({ client }) => client === clientOf(query))) {
      query.extendedError = { code: INFO_CODE.PROHIBITED, text: 'the client may not transfer the zone' };
      return query.begin(0, RCODE.REFUSED);
    }
    let serial: number | undefined;
    if (type === TYPE.IXFR) {
      const [soa, ...more] = query.parts().authority;
      if (soa?.type !== TYPE.SOA || more.length > 0) {
        query.extendedError = { code: INFO_CODE.OTHER, text: 'the SOA record of an incremental transfer is missing' };
        return failure(RCODE.SERVFAIL);
      }
      serial = serialOf(soa) || undefined;
    }
    return this.#ask(query, next, zone, serial);
  }
  #ask(query: Query, next: Handler, zone: Name, serial: number | undefined): Answer {
    try {
      for (const source of this.#sources) {
        const transfer = source.transfer(zone, serial);
        if (transfer === undefined) continue;
        if (!(transfer instanceof Promise)) return this.#give(query, transfer, serial);
        return transfer.then((given) => this.#give(query, given, serial), (error: unknown) => failure(RCODE.SERVFAIL, error));
      }
    } catch (error) {
      return failure(RCODE.SERVFAIL, error);
    }
    return next(query);
  }

  #give(query: Query, transfer: Transfer, serial: number | undefined): Outcome {
    if (!isUpToDate(transfer, serial)) {
      const messages = this.#send(apart(query), transfer);
      return { kind: 'stream', messages, cause: undefined };
    }
    const { soa } = transfer;
    this.#log.info(`Outgoing noop, incremental transfer for up to date zone ${quoted(query.name.text)} to ${clientOf(query)} for ` +
      `${serialOf(soa)} SOA serial`);
    return query.reply({ answer: [soa] });
  }
  async *#send(query: Query, transfer: Transfer): AsyncGenerator<Uint8Array> {
    const { bytes, at, length, questionEnd } = envelope(query, AA);
    const around = { head: bytes.subarray(at, at + questionEnd), tail: bytes.subarray(at + questionEnd, at + length) };
    const zone = quoted(query.name.text);
    const client = clientOf(query);
    let records = 0;
    try {
      for await (const message of transferMessages(around, transfer, this.#shared)) {
        records += u16(message, 6);
        yield message;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.error(`Outgoing transfer of zone ${zone} to ${client} broke off: ${why}`);
      throw error;
    }
    this.#log.info(`Outgoing transfer of ${records} records of zone ${zone} to ${client} for ${serialOf(transfer.soa)} SOA serial`);
  }
}

export default definePlugin({
  name: 'transfer',
  parse: readStanzas,
  create: (stanzas, site) => new ZoneTransfers(stanzas, site),
});
