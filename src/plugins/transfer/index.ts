// *transfer* performs (outgoing) zone transfers for other plugins. Knows who may have which zone; what is in a zone its sources know.
import { transferMessages } from '../../authority/transfer-messages.ts';
import type { Shared } from '../../authority/transfer-messages.ts';
import { asksExpiry, expireOf, tellExpiry } from '../../authority/expiry.ts';
import { Keys } from '../../authority/keys.ts';
import { Notifiers, Overtaken, Transfers, asRecords, isUpToDate, serialOf } from '../../authority/transfer.ts';
import type { Transfer, TransferSource } from '../../authority/transfer.ts';
import { turnsOf } from '../../authority/turns.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { quoted } from '../../wording/quote.ts';
import { apart } from '../../kernel/query/derive.ts';
import { envelope } from '../../kernel/query/finish.ts';
import type { RR } from '../../dns/rr.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { AA } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { NotKnownHere, failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Key } from '../../tsig/key.ts';
import { clientOf, mayTransfer, stanzaOf, whyRefused } from './access.ts';
import { Changes } from './changes.ts';
import { readStanzas } from './config.ts';
import type { Stanza } from './config.ts';
import { Gate } from './gate.ts';

/** Milliseconds for which a client may go on reading a version that was replaced. */
const LONGEST = 600_000;
/** How often a zone is asked for once more, whose versions come so fast that none could be begun with. */
const TRIES = 5;
/** What is asked for, and by which line it is given. */
interface Wish {
  readonly zone: Name;
  readonly serial: number | undefined;
  readonly stanza: Stanza;
  /** Who has it. */
  readonly source?: TransferSource;
}

const UNKNOWN = failure(RCODE.SERVFAIL, new NotKnownHere('zones are transferred by a running server alone'));

class ZoneTransfers implements Part {
  /** What a transfer has are the versions of a running server. */
  readonly rehearsal: Rehearsal = {
    handle: (query, next) => (query.type === TYPE.AXFR || query.type === TYPE.IXFR ? UNKNOWN : next(query)),
  };
  readonly #stanzas: readonly Stanza[];
  readonly #site: Site;
  #sources: readonly TransferSource[] = [];
  #log!: Log;
  #shared!: Shared;
  #changes: Changes | undefined = undefined;
  #clock!: Clock;
  readonly #gates: ReadonlyMap<Stanza, Gate>;
  /** By name. */
  #keys: ReadonlyMap<string, Key> = new Map();

  constructor(stanzas: readonly Stanza[], site: Site) {
    this.#stanzas = stanzas;
    this.#site = site;
    site.put(Notifiers, { notify: (zone) => this.#changes?.again(zone) ?? [] });
    this.#gates = new Map(stanzas.map((stanza) => [stanza, new Gate(stanza.most)]));
  }

  whole(sites: readonly Site[]): void {
    const keys = new Map(sites.flatMap((site) => site.all(Keys)).flat().map((key) => [key.name.text.toLowerCase(), key]));
    for (const { key } of this.#stanzas.flatMap(({ grants }) => grants)) {
      if (key === undefined) continue;
      if (!keys.has(key)) throw new Error(`there is no key ${quoted(key)}: a tsig line has to say its secret`);
      if (this.#site.all(Keys).length === 0) throw new Error(`the key ${quoted(key)} is of no use without tsig in the same block`);
    }
    this.#keys = keys;
  }

  control(run: Run): void {
    this.#changes = new Changes(run, this.#stanzas, this.#site.all(Transfers), this.#keys);
  }
  started(): void {
    this.#changes?.begin();
  }
  start(run: Run): void {
    this.#sources = this.#site.all(Transfers);
    this.#log = run.log.prefix('transfer');
    this.#clock = run.clock;
    this.#shared = { store: run.store, turns: turnsOf(run.store, run.clock) };
  }

  handle(query: Query, next: Handler): Answer {
    const { type } = query;
    // The zone section of an UPDATE may say anything, which is for whoever takes UPDATEs to refuse (RFC 2136 section 3.1.1).
    if ((type !== TYPE.AXFR && type !== TYPE.IXFR) || query.opcode === OPCODE.UPDATE) return next(query);
    if (!query.stream && !(type === TYPE.IXFR && soaOf(query) !== undefined)) {
      query.extendedError = { code: INFO_CODE.NOT_SUPPORTED, text: 'zones are transferred over TCP' };
      return failure(RCODE.REFUSED);
    }
    const zone = query.name.folded;
    const stanza = stanzaOf(this.#stanzas, zone);
    if (stanza === undefined) return next(query);
    if (!mayTransfer(stanza, query)) {
      query.extendedError = { code: INFO_CODE.PROHIBITED, text: whyRefused(stanza, query) };
      return query.begin(0, RCODE.REFUSED);
    }
    let serial: number | undefined;
    if (type === TYPE.IXFR) {
      const soa = soaOf(query);
      if (soa === undefined) {
        query.extendedError = { code: INFO_CODE.OTHER, text: 'the SOA record of an incremental transfer is missing' };
        return failure(RCODE.SERVFAIL);
      }
      serial = serialOf(soa) || undefined;
    }
    return this.#ask(query, next, { zone, serial, stanza });
  }
  #ask(query: Query, next: Handler, wish: Wish): Answer {
    try {
      for (const source of this.#sources) {
        const transfer = source.transfer(wish.zone, wish.serial);
        if (transfer === undefined) continue;
        const found = { ...wish, source };
        if (!(transfer instanceof Promise)) return this.#give(query, transfer, found);
        return transfer.then((given) => this.#give(query, given, found), (error: unknown) => failure(RCODE.SERVFAIL, error));
      }
    } catch (error) {
      return failure(RCODE.SERVFAIL, error);
    }
    return next(query);
  }

  #give(query: Query, transfer: Transfer, wish: Wish): Outcome {
    const { soa } = transfer;
    const isNoop = isUpToDate(transfer, wish.serial);
    if (query.stream && !isNoop) {
      const messages = this.#send(apart(query), transfer, wish);
      return { kind: 'stream', messages, cause: undefined };
    }
    // Over UDP the SOA says whether it is worth to ask over TCP (RFC 1995 section 2).
    if (isNoop) {
      this.#log.info(`Outgoing noop, incremental transfer for up to date zone ${quoted(query.name.text)} to ${clientOf(query)} for ` +
        `${serialOf(soa)} SOA serial`);
    }
    return this.#expiring(query, transfer, query.reply({ answer: [soa] }));
  }
  /** The reply, with how long the zone may be served for who asks for it (RFC 7314). */
  #expiring(query: Query, { soa, until }: Transfer, reply: Message): Message {
    if (!asksExpiry(query)) return reply;
    return tellExpiry(reply, query, until === undefined ? expireOf(soa) : Math.max(0, until - Math.floor(this.#clock.wall() / 1000)));
  }
  #messages(query: Query, transfer: Transfer, sent: Pick<Transfer, 'soa' | 'records'>): AsyncGenerator<Uint8Array> {
    const { bytes, at, length, questionEnd } = envelope(query, AA, (message) => this.#expiring(query, transfer, message));
    const around = { head: bytes.subarray(at, at + questionEnd), tail: bytes.subarray(at + questionEnd, at + length) };
    return transferMessages(around, sent, this.#shared);
  }
  async *#send(query: Query, first: Transfer, { zone: name, serial, stanza, source }: Wish): AsyncGenerator<Uint8Array> {
    const gate = this.#gates.get(stanza)!;
    const waited = await gate.enter();
    let transfer = first;
    const zone = quoted(query.name.text);
    const client = clientOf(query);
    let records = 0;
    let replaced = Infinity;
    let kind = '';
    try {
      for (let tries = 0; ; tries++) {
        if (waited || tries > 0) transfer = await query.reading.within(() => source!.transfer(name, serial)) ?? first;
        const differences = serial === undefined ? undefined : query.reading.within(() => transfer.differences?.(serial));
        kind = differences === undefined ? 'transfer' : 'incremental transfer';
        const sent = differences === undefined ? transfer : { soa: transfer.soa, records: asRecords(differences) };
        try {
          for await (const message of this.#messages(query, transfer, sent)) {
            records += u16(message, 6);
            if (transfer.isCurrent?.() === false) replaced = Math.min(replaced, this.#clock.monotonic());
            if (this.#clock.monotonic() - replaced > LONGEST) throw new Error('a newer version has been there for ten minutes');
            yield message;
          }
          break;
        } catch (error) {
          if (!(error instanceof Overtaken) || tries === TRIES) throw error;
        }
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.error(`Outgoing transfer of zone ${zone} to ${client} broke off: ${why}`);
      throw error;
    } finally {
      gate.leave();
    }
    this.#log.info(`Outgoing ${kind} of ${records} records of zone ${zone} to ${client} for ${serialOf(transfer.soa)} SOA serial`);
  }
}
/** The one SOA record of an IXFR's authority section (RFC 1995 section 3). */
function soaOf(query: Query): RR | undefined {
  const [soa, ...more] = query.parts().authority;
  return soa?.type === TYPE.SOA && more.length === 0 ? soa : undefined;
}

export default definePlugin({
  name: 'transfer',
  parse: readStanzas,
  create: (stanzas, site) => new ZoneTransfers(stanzas, site),
});
