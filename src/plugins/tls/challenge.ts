// Answers an ACME server's question for the proof of a name (TLS-2, RFC 8555 section 8.4), in every block that has a zone which the name is
// in: while there is such a proof, and else not at all. Knows names and texts; knows nothing of orders.
import { Name } from '../../dns/name.ts';
import { rr } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { TXT } from '../../dns/types.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
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
  #note: Note | undefined = undefined;
  #round = 0;
  /** By the name's key. */
  #proofs: ReadonlyMap<string, readonly string[]> = new Map();

  start(run: Run): void {
    this.#note = run.store.note(CHALLENGES);
  }
  handle(query: Query, next: Handler): Answer {
    const { round } = this.#note!;
    if (round !== this.#round) this.#read(round);
    if (this.#proofs.size === 0 || query.type !== TYPE.TXT || query.class !== CLASS.IN || query.opcode !== 0) return next(query);
    const proofs = this.#proofs.get(query.name.key);
    if (proofs === undefined) return next(query);
    // Nobody shall keep it: the next order has another one.
    return query.reply({ aa: true, answer: proofs.map((text) => rr(query.name, TXT, 0, { texts: [text] })) });
  }
  #read(round: number): void {
    const text = this.#note!.read();
    this.#round = round;
    const all = text === '' ? [] : JSON.parse(text) as [string, string[]][];
    this.#proofs = new Map(all.map(([name, texts]) => [Name.parse(name).key, texts]));
  }
}

/** What answers in this block for the orders of all blocks; undefined where no domain of theirs is in it. */
export function challengeIn(site: Site, sites: readonly Site[]): Part | undefined {
  const names = sites.flatMap((each) => each.all(OrderedDomains)).flat().map((domain) => Name.parse(challengeName(domain)));
  const own = names.filter((name) => site.zones.some((zone) => name.isUnder(zone)));
  if (own.length === 0) return undefined;
  // A cache in front of it would go on saying that there is none.
  for (const name of own) site.put(Uncached, name.folded);
  return new Challenge();
}
