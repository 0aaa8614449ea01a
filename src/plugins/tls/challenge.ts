// Answers an ACME server's question for the proof of a name (TLS-2, RFC 8555 section 8.4), in every block that has a zone which the name is
// in: while there is such a proof, and else not at all. Knows names and texts; knows nothing of orders.
import { ZoneSigning } from '../../authority/signing/settings.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { record, rr } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { TXT } from '../../dns/types.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { Uncached } from '../../kernel/site/site.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import type { Note } from '../../store/notes.ts';

/** The domains that blocks order certificates for. */
export const OrderedDomains = new Slot<readonly string[]>('domains of ACME');
/** The note in which main keeps the proofs, process-wide. */
export const CHALLENGES = 'acme challenges';

/** Where the proof of a domain is, whether it is a wildcard or not. */
export const challengeName = (domain: string): string => `_acme-challenge.${domain.replace(/^\*\./, '').toLowerCase()}.`;

/** The part of one block. */
class Challenge implements Part {
  readonly rehearsal = 'looks on';
  readonly #site: Site;
  /** Whether a zone around one of the names is signed as a whole: what `dnssec` signs on its way is signed without us. */
  #isSigned = false;
  #run!: Run;
  #note: Note | undefined = undefined;
  #round = 0;
  /** By the name's key. */
  #proofs: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(site: Site) {
    this.#site = site;
  }
  get #service(): string {
    return `signatures of proofs ${this.#site.index}`;
  }
  /** Main has the keys. */
  control(run: Run): void {
    run.desk.serve(this.#service, async (order) => {
      const [name, texts] = order as readonly [string, readonly string[]];
      const { proofSignatures } = await import('./acme/proof-signatures.ts');
      return proofSignatures(this.#site, run.clock, Name.parse(name), texts);
    }, run.signal);
  }
  start(run: Run): void {
    this.#run = run;
    this.#isSigned = this.#site.all(ZoneSigning).length > 0;
    this.#note = run.store.note(CHALLENGES);
  }
  handle(query: Query, next: Handler): Answer {
    const { round } = this.#note!;
    if (round !== this.#round) this.#read(round);
    if (this.#proofs.size === 0 || query.type !== TYPE.TXT || query.class !== CLASS.IN || query.opcode !== 0) return next(query);
    const proofs = this.#proofs.get(query.name.key);
    if (proofs === undefined) return next(query);
    return this.#isSigned && query.wantsDnssec ? this.#signed(query, proofs) : query.reply({ aa: true, answer: recordsOf(query, proofs) });
  }
  async #signed(query: Query, proofs: readonly string[]): Promise<Outcome> {
    try {
      const made = await this.#run.desk.ask(this.#service, [query.name.text, proofs]) as readonly Uint8Array[];
      const signatures = made.map((data) => record(query.name, TYPE.RRSIG, CLASS.IN, 0, data));
      return query.reading.within(() => query.reply({ aa: true, answer: [...recordsOf(query, proofs), ...signatures] }));
    } catch (error) {
      return failure(RCODE.SERVFAIL, error);
    }
  }
  #read(round: number): void {
    const text = this.#note!.read();
    this.#round = round;
    const all = text === '' ? [] : JSON.parse(text) as [string, string[]][];
    this.#proofs = new Map(all.map(([name, texts]) => [Name.parse(name).key, texts]));
  }
}

/** Nobody shall keep them: the next order has others. */
const recordsOf = ({ name }: Query, proofs: readonly string[]): RR[] => proofs.map((text) => rr(name, TXT, 0, { texts: [text] }));

/** What answers in this block for the orders of all blocks; undefined where no domain of theirs is in it. */
export function challengeIn(site: Site, sites: readonly Site[]): Part | undefined {
  const names = sites.flatMap((each) => each.all(OrderedDomains)).flat().map((domain) => Name.parse(challengeName(domain)));
  const own = names.filter((name) => site.zones.some((zone) => name.isUnder(zone)));
  if (own.length === 0) return undefined;
  // A cache in front of it would go on saying that there is none.
  for (const name of own) site.put(Uncached, name.folded);
  return new Challenge(site);
}
