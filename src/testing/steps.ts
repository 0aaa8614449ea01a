// The verbs of a scenario, carried out on a server and compared. Knows what each verb means; knows nothing of files or of how a server
// is run.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDuration } from '../wording/duration.ts';
import { OPTION } from '../dns/edns-options.ts';
import { CD, RD, AA, AD, RA, TC } from '../dns/parts.ts';
import type { Parts } from '../dns/parts.ts';
import { opcodeName, rcodeByName } from '../dns/rcode.ts';
import { typeName } from '../dns/type-name.ts';
import { difference } from './difference.ts';
import type { ScriptedReply, UpstreamQuestion } from './fake-upstream.ts';
import { playKube } from './kube-steps.ts';
import { linesOf, parsePicture, pictureOf } from './picture.ts';
import type { Picture } from './picture.ts';
import { parseAsk, parseSend } from './question.ts';
import type { Asked } from './question.ts';
import type { Scene, Step } from './scenario-file.ts';
import { Impossible } from './subject.ts';
import type { Subject, Surroundings } from './subject.ts';
import { parseUpdate } from './update-words.ts';

/** Milliseconds of real time for which a line of the log or a metric is waited for. */
const PATIENCE = 30_000;
/** Milliseconds of real time for which `until` looks again, and of which a clock that is moved by hand moves at once meanwhile. */
const UNTIL = 60_000, MARCH = 10;
const FLAGS: { readonly [word: string]: number } = { aa: AA, tc: TC, ra: RA, ad: AD };

/** One scene while it is played. */
export class Performance {
  readonly #scene: Scene;
  readonly #subject: Subject;
  readonly #around: Surroundings;
  /** Whether Extended DNS Errors that only we send are let pass: the server is another one. */
  readonly #lenient: boolean;
  #started = false;
  /** The refusal of the last start or reload, until `refused` looks at it. */
  #refusal: string | undefined;

  constructor(scene: Scene, subject: Subject, around: Surroundings, lenient: boolean) {
    this.#scene = scene;
    this.#subject = subject;
    this.#around = around;
    this.#lenient = lenient;
  }

  /** Carries out one step; throws Error with what is wrong, or Impossible. */
  async play(step: Step): Promise<void> {
    if (!this.#started && !['file', 'upstream', 'down', 'kube'].includes(step.verb)) {
      this.#started = true;
      const corefile = await this.#around.fill(this.#scene.corefile);
      this.#refusal = await this.#passing(this.#subject.start(corefile));
    }
    if (step.verb !== 'refused') this.end();
    await this.#verbs[step.verb]!(step);
  }
  /** Complains about a refusal that nobody looked at. */
  end(): void {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal !== undefined) throw new Error(`the Corefile is refused: ${refusal}`);
  }

  /** What waits for a Kubernetes API waits for an answer that comes in real time, or for time to pass: it does, as fast as outside. */
  async #passing<T>(waited: Promise<T>): Promise<T> {
    if (!this.#around.waits) return waited;
    let over = false;
    const result = waited.finally(() => (over = true));
    result.catch(() => {});
    while (!over) {
      await Promise.race([result.catch(() => {}), pause(MARCH)]);
      if (!over) await this.#subject.elapse(MARCH);
    }
    return result;
  }

  readonly #verbs: { readonly [verb: string]: (step: Step) => Promise<void> } = {
    ask: async ({ rest, block }) => this.#compare(parseAsk(await this.#around.fill(rest)), block),
    update: async ({ rest, block }) => this.#compare(parseUpdate(await this.#around.fill(rest)), block),
    send: async ({ rest, block }) => this.#compare(parseSend(rest), block),
    tally: (step) => this.#tally(step),
    refused: (step) => this.#refused(step),
    metric: (step) => this.#metric(step),
    log: (step) => this.#log(step),
    nolog: async ({ rest }) => {
      const found = this.#subject.log().find((line) => new RegExp(rest).test(line));
      if (found !== undefined) throw new Error(`the log has "${found}"`);
    },
    get: (step) => this.#get(step),
    asked: (step) => this.#asked(step),
    elapse: async ({ rest }) => {
      if (!(await this.#subject.elapse(parseDuration(rest)))) throw new Impossible(`nobody waits ${rest} for a real server`);
    },
    reload: async ({ block }) => {
      if (block.length > 0) this.#subject.rewrite(await this.#around.fill(`${block.join('\n')}\n`));
      this.#refusal = await this.#passing(this.#subject.reload());
    },
    file: async ({ rest, block }) => {
      const text = await this.#around.fill(`${block.join('\n')}\n`);
      if (rest === 'Corefile') return this.#subject.rewrite(text);
      const path = join(this.#around.directory, rest);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, block.length === 0 ? '' : text);
    },
    remove: async ({ rest }) => rmSync(join(this.#around.directory, rest), { recursive: true }),
    upstream: (step) => this.#upstream(step),
    down: async ({ rest }) => (await this.#around.upstream(rest)).down(),
    up: async ({ rest }) => (await this.#around.upstream(rest)).up(),
    kube: async ({ rest, block }) => {
      const [, name = '', words = ''] = /^(?:at\s+(\w+)\s+)?(.*)$/.exec(rest) ?? [];
      const filled = await Promise.all(block.map((line) => this.#around.fill(line)));
      await playKube(await this.#around.kube(name), words, filled);
    },
    until: (step) => this.#until(step),
  };

  /** Looks again and again, while the clock marches as real time does, until it is as expected; at the end throws what was wrong last. */
  async #until({ rest, block, line }: Step): Promise<void> {
    const [, verb = '', words = ''] = /^(\S+)\s*(.*)$/.exec(rest) ?? [];
    if (!['ask', 'send', 'get', 'metric'].includes(verb)) throw new Error('what follows until is ask, send, get or metric');
    let wrong: unknown;
    const there = await eventually(async () => {
      try {
        await this.#verbs[verb]!({ verb, rest: words, block, line });
        return true;
      } catch (error) {
        if (error instanceof Impossible) throw error;
        wrong = error;
        await this.#subject.elapse(MARCH);
        return false;
      }
    }, UNTIL);
    if (!there) throw wrong;
  }

  async #compare(asked: Asked, block: readonly string[]): Promise<void> {
    const expected = parsePicture(await Promise.all(block.map((line) => this.#around.fill(line))));
    const messages = await this.#subject.ask(asked, expected.head === 'no reply');
    const got = pictureOf(messages, asked);
    expected.ordered ||= got.ordered;
    got.ordered = expected.ordered;
    if (this.#lenient) forgive(expected, got, messages);
    const text = difference(linesOf(expected, expected), linesOf(got, expected));
    if (text !== undefined) throw new Error(`another reply: - is expected, + is what came\n${text}`);
  }
  /** Asks many times: which records come first, each of them once. */
  async #tally({ rest, block }: Step): Promise<void> {
    const [, count, ask] = /^(\d+)\s+(.*)$/.exec(rest) ?? [];
    if (count === undefined || ask === undefined) throw new Error('a number and a question are expected');
    const asked = parseAsk(ask);
    const seen = new Set<string>();
    for (let n = Number(count); n > 0; n--) {
      const [message] = await this.#subject.ask(asked, false);
      const first = message === undefined ? [] : message.answer.slice(0, 1);
      const records = { answer: first, authority: [], additional: [] };
      seen.add(linesOf({ ...pictureOf([], asked), head: '', records }, { ignored: new Set(['head']), ordered: true })[1] ?? 'no reply');
    }
    const text = difference([...parseFirst(block)].sort(), [...seen].sort());
    if (text !== undefined) throw new Error(`other answers come first\n${text}`);
  }
  async #refused({ rest, block }: Step): Promise<void> {
    const expected = await this.#around.fill([rest, ...block].join('\n').trim());
    const got = this.#refusal;
    this.#refusal = undefined;
    if (got === undefined) throw new Error('the Corefile is accepted');
    const same = got === expected || got.startsWith(`${expected} (`);
    const fits = expected.startsWith('/') ? new RegExp(expected.slice(1, -1)).test(got) : same;
    if (!fits) throw new Error(`another refusal\n${difference(expected.split('\n'), got.split('\n'))}`);
  }
  async #metric({ rest }: Step): Promise<void> {
    const [, name, inside = '', wanted] = /^([\w:]+)(?:\{(.*)\})?\s+(\S+)$/.exec(await this.#around.fill(rest)) ?? [];
    if (name === undefined) throw new Error('NAME{label="value",...} VALUE is expected');
    const labels = new Map([...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key!, value!]));
    let got: number | undefined | 'unknown';
    const there = await eventually(async () => {
      got = await this.#subject.metric(name, labels);
      return got === 'unknown' || String(got ?? 'absent') === wanted;
    });
    if (got === 'unknown') throw new Impossible('the Corefile has no `prometheus` line to read metrics from');
    if (!there) throw new Error(`it is ${got ?? 'absent'}`);
  }
  async #log({ rest }: Step): Promise<void> {
    const wanted = new RegExp(await this.#around.fill(rest));
    const there = await eventually(async () => this.#subject.log().some((line) => wanted.test(line)));
    if (!there) throw new Error(`the log has no such line:\n${this.#subject.log().map((line) => `      ${line}`).join('\n')}`);
  }
  async #get({ rest, block }: Step): Promise<void> {
    const response = await fetch(await this.#around.fill(rest));
    const got = [String(response.status), ...(await response.text()).trimEnd().split('\n')];
    const text = difference(block, got.filter((line) => line !== ''));
    if (text !== undefined) throw new Error(`another response\n${text}`);
  }

  async #upstream({ rest, block }: Step): Promise<void> {
    const [, question = '', , name = ''] = /^(.*?)(\s+at\s+(\w+))?$/.exec(rest) ?? [];
    const [owner = '', type = ''] = question.trim().split(/\s+/);
    const reply = scripted(parsePicture(block));
    (await this.#around.upstream(name)).script(owner === '*' ? '*' : `${owner.replace(/\.?$/, '.')} ${type}`, reply);
  }
  async #asked({ rest, block }: Step): Promise<void> {
    const { asked } = await this.#around.upstream(rest);
    const wanted = [...block].sort();
    const changed = () => difference(wanted, asked.map(askedLine).sort());
    await eventually(async () => changed() === undefined);
    const text = changed();
    asked.splice(0);
    if (text !== undefined) throw new Error(`the upstream was asked something else\n${text}`);
  }
}

/** A question that an upstream was asked. */
function askedLine({ query: { question, opcode, flags, edns }, tcp }: UpstreamQuestion): string {
  const words = [question === undefined ? 'nothing' : `${question.name.text} ${typeName(question.type)}`];
  if (tcp) words.push('tcp');
  if (opcode !== 0) words.push(opcodeName(opcode).toLowerCase());
  for (const [bit, word] of [[AA, 'aa'], [RD, 'rd'], [AD, 'ad'], [CD, 'cd']] as const) if ((flags & bit) !== 0) words.push(word);
  if (edns !== undefined) words.push(`edns=${edns.udpSize}`, ...(edns.dnssecOk ? ['do'] : []));
  return words.join(' ');
}

/** An upstream's reply from the lines that would expect it. */
function scripted(picture: Picture): ScriptedReply {
  if (picture.head === 'no reply') return 'silent';
  const rcode = rcodeByName(picture.head);
  if (rcode === undefined) throw new Error(`"${picture.head}" is no rcode`);
  let flags = 0;
  for (const word of picture.flags.split(' ')) flags |= FLAGS[word] ?? 0;
  return { rcode, flags, ...picture.records, ...(picture.edns[0] === 'no edns' ? { edns: undefined } : {}) };
}
const parseFirst = (block: readonly string[]): ReadonlySet<string> => new Set(block.flatMap((line) =>
  (line === 'no reply' ? [line] : linesOf(parsePicture(['NOERROR', line]), { ignored: new Set(['head']), ordered: true }).slice(1))));

/** Extended DNS Errors that we add are no promise of the other server's, nor is an OPT that differs by them alone. */
function forgive(expected: Picture, got: Picture, messages: readonly Parts[]): void {
  if (messages.some(({ edns }) => edns?.options.some(({ code }) => code === OPTION.EDE))) return;
  expected.ede = [];
  got.ede = [];
}
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
async function eventually(condition: () => Promise<boolean>, patience = PATIENCE): Promise<boolean> {
  for (const until = performance.now() + patience; !(await condition()); await pause(MARCH)) {
    if (performance.now() > until) return false;
  }
  return true;
}
