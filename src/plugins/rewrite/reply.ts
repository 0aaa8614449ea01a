// From what came of the rewritten question to what the client is told (REW-4 to REW-9). Knows outcomes; what exactly is done to names,
// records and options it leaves to its neighbours.
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { NameError } from '../../dns/name.ts';
import { setU32, u32 } from '../../dns/packet.ts';
import type { Question } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { CLASS } from '../../dns/type-name.ts';
import { WireError } from '../../dns/wire-error.ts';
import { TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { optOf, putOpt, revertOption } from './opt.ts';
import { repack } from './packed.ts';
import { changeRecords, followCnames, hasCname } from './records.ts';
import type { Ask } from './records.ts';
import type { Responses } from './responses.ts';

/** How many questions may lie above one whose CNAMEs are still led elsewhere (REW-12). */
const DEEPEST = 8;

/** One query on its way back. */
export interface Way {
  /** The client's. */
  readonly query: Query;
  /** What was asked instead; the same where nothing but the reply is changed. */
  readonly asked: Query;
  /** Whose OPT the rules changed; another one than `query` where its packet had no room. */
  readonly target: Query;
  readonly responses: Responses;
}
/** What is told apart from the reply. */
export interface Surroundings {
  /** Logs an error that is no query's. */
  readonly report: (text: string) => void;
}

/** The outcome for the client. */
export function restore(way: Way, outcome: Outcome, surroundings: Surroundings): Answer {
  const { query, asked, responses } = way;
  if (outcome.kind === 'drop') return outcome;
  if (outcome.kind === 'stream') {
    const { name, type, class: klass } = query;
    return { ...outcome, messages: restoredStream(outcome.messages, { name, type, class: klass }, responses) };
  }
  const source = outcome.kind === 'reply' ? outcome : written(asked, outcome.rcode, outcome.cause);
  try {
    revert(way, source);
    if (responses.cnames.length === 0) return plain(way, source);
    return follow(way, source, surroundings);
  } catch (error) {
    return unwritable(error);
  }
}
/** A name that became none cannot be sent; everything else is a bug. */
function unwritable(error: unknown): Outcome {
  if (error instanceof NameError || error instanceof WireError) return failure(RCODE.SERVFAIL, error);
  throw error;
}

/** REW-8: what nobody wrote is written here, so that rules for replies see it. */
function written(asked: Query, rcode: number, cause: unknown): Message {
  const message = asked.begin(0, rcode & 15);
  message.extended = rcode >> 4;
  message.cause = cause;
  return message;
}

/** Rcodes and options, in the reply and in the request that is echoed. As in CoreDNS each is looked at once for every record. */
function revert({ target, responses: { rcodes, options } }: Way, reply: Message): void {
  if (rcodes.length === 0 && options.length === 0) return;
  const times = reply.records()?.count || 1;
  let rcode = reply.rcode;
  for (let n = 0; n < times; n++) for (const { from, to } of rcodes) if (rcode === from) rcode = to;
  if (rcode !== reply.rcode) reply.rcode = rcode;
  if (options.length === 0) return;
  const own = reply.edns;
  if (own !== undefined) {
    let kept = own.options;
    for (let n = 0; n < times; n++) for (const { code, data } of options) kept = revertOption(kept, code, data);
    if (kept !== own.options) reply.setEdns({ ...own, options: kept });
  }
  const asked = optOf(target);
  putOpt(target, { ...asked, options: options.reduce((kept, { code, data }) => revertOption(kept, code, data), asked.options) });
}

/** The reply with its question, its names and its TTLs as they shall be. Throws NameError, WireError. */
function plain({ query, asked, responses }: Way, source: Message): Message {
  const reply = asked === query ? source : repack(query, asked, source, responses) ?? rebuilt(query, source, responses);
  if (responses.ttls.length > 0) clamp(reply, responses);
  return reply;
}
function rebuilt(query: Query, source: Message, responses: Responses): Message {
  const parts = source.parts();
  const { name, type, class: klass } = query;
  const reply = query.begin(0, 0).with({ ...parts, ...changeRecords(parts, responses), question: { name, type, class: klass } });
  reply.cause = source.cause;
  return reply;
}
/** REW-6. An OPT has no TTL. */
function clamp(reply: Message, { ttls }: Responses): void {
  const records = reply.records();
  if (records === undefined) return;
  const { bytes } = reply;
  for (let r = 0; r < records.count; r++) {
    if (r === records.opt) continue;
    const at = records.fixedAt[r]! + 4;
    let ttl = u32(bytes, at);
    for (let i = 0; i < ttls.length; i++) {
      const { least, most } = ttls[i]!;
      ttl = ttl < least ? least : ttl > most ? most : ttl;
    }
    setU32(bytes, at, ttl);
  }
}

/** A reply that rules may lead elsewhere (REW-7). Throws NameError, WireError. */
function follow(way: Way, source: Message, surroundings: Surroundings): Answer {
  const { query, asked, responses } = way;
  const parts = source.parts();
  if (asked.depth >= DEEPEST || !hasCname(parts)) return plain(way, source);
  const ask: Ask = async (name) => {
    const outcome = await asked.resolve({ name, type: asked.type, class: CLASS.IN });
    if (outcome.kind === 'reply') return { answer: outcome.parts().answer, truncated: outcome.truncated };
    if (outcome.kind === 'failure') return { answer: [], truncated: false };
    surroundings.report('upstream lookup returned nil');
    return undefined;
  };
  return followCnames(parts, responses, ask).then(({ answer, authority, additional, truncated }) => {
    const { name, type, class: klass } = query;
    const flags = truncated === undefined ? parts.flags : (parts.flags & ~TC) | (truncated ? TC : 0);
    const { cause } = source;
    const reply = (asked === query ? source : query.begin(0, 0))
      .with({ ...parts, flags, answer, authority, additional, question: { name, type, class: klass } });
    reply.cause = cause;
    return reply;
  }).catch(unwritable);
}

/** Several messages, each as the client shall see it. */
async function* restoredStream(messages: AsyncIterable<Uint8Array>, question: Question, responses: Responses): AsyncIterable<Uint8Array> {
  for await (const message of messages) {
    const parts = decodeMessage(message);
    const changed = { ...parts, ...changeRecords(parts, responses), question: parts.question && question };
    yield encodeMessage(changed, { compress: true, limit: 65535 });
  }
}
