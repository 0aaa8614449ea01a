// *loadbalance* randomizes the order of A, AAAA and MX records, or puts one address first by weight. Knows orders and a weight file.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { formatDuration } from '../../wording/duration.ts';
import { inPrefix } from '../../dns/address.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { every } from '../../kernel/clock.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import type { Message } from '../../kernel/query/message.ts';
import { onReply } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Note } from '../../store/notes.ts';
import { fileError } from '../../wording/errno.ts';
import { readSettings } from './config.ts';
import type { Network } from './config.ts';
import { partition, random, shuffle, shuffleInPlace } from './order.ts';
import { addressKey, parseWeights } from './weights.ts';
import type { Weights } from './weights.ts';

const TRANSFERS = [251, 252];
/** Types whose replies have a weighted order: A, AAAA, SRV. */
const WEIGHTED = [1, 28, 33];
const isAddress = ({ type }: RR) => type === TYPE.A || type === TYPE.AAAA;

/** LB-2: CNAMEs, addresses in the order of the networks that hold them and the others behind, MX, then the rest. */
function preferred(all: readonly RR[], networks: readonly Network[]): readonly RR[] {
  const rank = ({ rdata }: RR) => {
    const found = networks.findIndex(({ network, bits }) => network.length === rdata.length && inPrefix(rdata, network, bits));
    return found < 0 ? networks.length : found;
  };
  const ranked = all.filter(isAddress).map((record) => ({ record, rank: rank(record) })).sort((a, b) => a.rank - b.rank);
  return [
    ...all.filter(({ type }) => type === TYPE.CNAME), ...ranked.map(({ record }) => record), ...all.filter(({ type }) => type === TYPE.MX),
    ...all.filter((record) => record.type !== TYPE.CNAME && record.type !== TYPE.MX && !isAddress(record)),
  ];
}

function roundRobin(prefer: readonly Network[]): Part {
  const change = (reply: Message, query: Query) => {
    if (reply.rcode !== 0 || TRANSFERS.includes(query.type) || reply.answers + reply.authorities + reply.additionals < 2) return reply;
    if (prefer.length === 0 && shuffleInPlace(reply, random)) return reply;
    const parts = reply.parts();
    const turned = (all: readonly RR[]) => partition(all, (part) => shuffle(part, random));
    const first = (all: readonly RR[]) => (prefer.length === 0 ? turned(all) : preferred(turned(all), prefer));
    return reply.with({ answer: first(parts.answer), authority: turned(parts.authority), additional: first(parts.additional) });
  };
  return { handle: (query, next) => onReply(next(query), change, query) };
}

/** LB-3: one address, picked by weight, changes places with the first. */
function topFirst(all: readonly RR[], weights: Weights): readonly RR[] {
  if (!all.some(isAddress)) return all;
  return partition(all, (part) => {
    if (part.length < 2 || !isAddress(part[0]!)) return;
    const own = weights.get(part[0]!.name.key);
    const each = part.map(({ rdata }) => own?.get(addressKey(rdata)) ?? 1);
    let pick = random(each.reduce((sum, weight) => sum + weight, 0));
    const top = each.findIndex((weight) => (pick -= weight) < 0);
    [part[0], part[top]] = [part[top]!, part[0]!];
  });
}

function weighted(file: string, reload: number, site: Site): Part {
  let note: Note;
  let weights: Weights = new Map();
  let round = 0;
  // The text is read again where main has put a new one there.
  const current = (): Weights => {
    if (note.round !== round) {
      ({ round } = note);
      weights = parseWeights(note.read(), file);
    }
    return weights;
  };
  const change = (reply: Message, query: Query) => {
    if (reply.rcode !== 0 || !WEIGHTED.includes(query.type) || reply.answers + reply.additionals < 2) return reply;
    const weights = current();
    const parts = reply.parts();
    return reply.with({ answer: topFirst(parts.answer, weights), additional: topFirst(parts.additional, weights) });
  };
  return {
    handle: (query, next) => onReply(next(query), change, query),
    rehearsal: 'as served',
    control: (run) => {
      const shared = noteOf(run, site);
      return watch(file, reload, run, (text) => shared.write(text));
    },
    start(run) {
      note = noteOf(run, site);
    },
  };
}
/** The text of the weight file for all threads. */
const noteOf = (run: Run, site: Site) => run.space(site).note('loadbalance');

/** Reads the file now and whenever its contents change; `use` gets a text that can be read, a broken one changes nothing. */
async function watch(file: string, reload: number, run: Run, use: (text: string) => void): Promise<void> {
  const log = run.log.prefix('loadbalance');
  let digest = '';
  let complaint = '';
  const load = async () => {
    const text = await readFile(file, 'utf8');
    const now = createHash('sha256').update(text).digest('hex');
    if (now === digest || run.signal.aborted) return;
    parseWeights(text, file);
    use(text);
    digest = now;
    complaint = '';
    log.info(`Successfully reloaded weight file ${file}`);
  };
  try {
    await load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || reload === 0) throw new Error(`plugin/loadbalance: ${fileError(error, file)}`);
    log.warning(`Failed to open weight file:weight file open error. Will try again in ${formatDuration(reload)}`);
  }
  if (reload <= 0) return;
  every(run.clock, reload, run.signal, run.report, async () => {
    try {
      await load();
    } catch (error) {
      // Said once, not every interval.
      const { message } = error as Error;
      if (message !== complaint) log.error(message);
      complaint = message;
    }
  });
}

export default definePlugin({
  name: 'loadbalance',
  parse: readSettings,
  create({ prefer, weighted: by }, site: Site) {
    return by === undefined ? roundRobin(prefer) : weighted(site.path(by.file), by.reload, site);
  },
});
