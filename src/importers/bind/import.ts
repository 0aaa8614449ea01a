// A named.conf as a Corefile: a server block for each zone of each view, one for all other names. Knows statements and in which order they
// count:
// those of a zone, of its view, of the options.
import { dirname, resolve } from 'node:path';
import { isWritable } from '../corefile-text.ts';
import type { Importer, Machine } from '../importer.ts';
import { plainName } from '../names.ts';
import type { Fate, Line, Outcome } from '../outcome.ts';
import type { Source } from '../source.ts';
import { KeyRing } from './keys.ts';
import { MatchLists, dropLines, expressionOf } from './match-list.ts';
import { OptionFates, UNKNOWN, policyLines, rootLines } from './options.ts';
import { ServerLists, listeningOf } from './servers.ts';
import type { Listening } from './servers.ts';
import { headOf, last, named, statementsOf, valueOf } from './tree.ts';
import type { Statement } from './tree.ts';
import { madeZone, zoneFate } from './zones.ts';
import type { ZoneTools } from './zones.ts';

/** Imports a file. Throws ImportError. */
export const importBind: Importer = (file, source, outcome, machine) => {
  new Import(file, source, outcome, machine).run();
};

class Import {
  readonly #source: Source;
  readonly #outcome: Outcome;
  readonly #statements: readonly Statement[];
  readonly #options: readonly Statement[];
  readonly #lists: MatchLists;
  readonly #servers = new ServerLists();
  readonly #keys = new KeyRing();
  readonly #fates = new OptionFates();
  readonly #folder: string;
  #listening: Listening = { port: '53', addresses: [] };
  #before: readonly Line[] = [];

  constructor(file: string, source: Source, outcome: Outcome, machine: Machine) {
    this.#source = source;
    this.#outcome = outcome;
    this.#statements = statementsOf(file, source, { file, line: 0 });
    this.#options = named(this.#statements, 'options').flatMap(({ body = [] }) => body);
    this.#lists = new MatchLists(machine.networks);
    this.#folder = resolve(dirname(file), valueOf(this.#options, 'directory') ?? '.');
  }
  run(): void {
    for (const each of this.#statements) this.#define(each);
    this.#around();
    const views = named(this.#statements, 'view');
    const outside = named(this.#statements, 'zone');
    for (const view of views) this.#view(view, outside);
    if (views.length === 0) this.#zones(undefined, [], outside);
    for (const each of this.#options) this.#tell(each, this.#fates.of(each));
    this.#keys.write(this.#outcome);
  }
  #tell(statement: Statement, fate: Fate | undefined): void {
    this.#outcome.tell(statement, headOf(statement), fate);
  }
  /** What others name, and what stands alone. */
  #define(statement: Statement): void {
    const [word = ''] = statement.words;
    const { body = [] } = statement;
    if (word === 'acl') {
      const wrong = this.#lists.define(statement);
      this.#tell(statement, wrong === undefined ? undefined : { lost: wrong });
    } else if (word === 'key') this.#tell(statement, this.#keys.add(statement));
    else if (/^(?:primaries|masters|remote-servers|parental-agents)$/.test(word)) {
      this.#servers.define(statement);
      this.#tell(statement, undefined);
    } else if (word === 'options') this.#tell(statement, undefined);
    else if (word === 'server') {
      const isPlain = body.every(({ words: [name] }) => name !== 'keys');
      this.#tell(statement, isPlain ? { idle: 'how a server is asked is found out' } : { lost: 'a key is said where the server is named' });
    } else if (word !== 'zone' && word !== 'view') this.#told(statement);
  }
  /** Of a statement that nobody knows the first word is enough: what else stands there may be anything. */
  #told(statement: Statement): void {
    const fate = this.#fates.statement(statement);
    this.#outcome.tell(statement, fate === UNKNOWN ? statement.words[0] ?? '' : headOf(statement), fate);
  }
  /** What all blocks have. */
  #around(): void {
    const listening = listeningOf(this.#options);
    if (typeof listening === 'string') this.#fates.lose('listen-on', listening);
    else this.#listening = listening;
    const { addresses } = this.#listening;
    const blackhole = last(this.#options, 'blackhole');
    const list = blackhole === undefined ? [] : this.#lists.read(blackhole.body ?? []);
    const dropped = typeof list === 'string' ? list : dropLines(list);
    if (typeof dropped === 'string') this.#fates.lose('blackhole', dropped);
    this.#before = [{ words: ['errors'] }, ...addresses.length === 0 ? [] : [{ words: ['bind', ...new Set(addresses)] }],
      ...typeof dropped === 'string' ? [] : dropped];
  }
  #view(statement: Statement, outside: readonly Statement[]): void {
    const { words: [, name = ''], body = [] } = statement;
    const clients = last(body, 'match-clients');
    const list = clients === undefined ? [{ isNot: false, networks: ['0.0.0.0/0'] }] : this.#lists.read(clients.body ?? []);
    const expression = typeof list === 'string' ? list : expressionOf(list);
    const wrong = typeof expression === 'string' ? expression : !isWritable(name) || name === '' ? 'its name cannot be written'
      : last(body, 'match-destinations', 'match-recursive-only') !== undefined ? 'a view is chosen by its clients alone' : undefined;
    this.#tell(statement, wrong === undefined ? undefined : { lost: wrong });
    for (const each of body) {
      if (each.words[0] === 'key') this.#tell(each, this.#keys.add(each));
      else if (each.words[0] !== 'zone' && each.words[0] !== 'match-clients') this.#tell(each, this.#fates.of(each));
    }
    if (wrong !== undefined || typeof expression === 'string') return this.#lose([...named(body, 'zone')], 'its view is not here');
    const line: Line = { words: ['view', name], inside: expression.text === 'true' ? [] : [{ words: ['expr', expression.text] }] };
    this.#zones(line, body, [...named(body, 'zone'), ...outside]);
  }
  #lose(zones: readonly Statement[], reason: string): void {
    for (const each of zones) this.#tell(each, { lost: reason });
  }

  /** The blocks of one view, or of all clients. */
  #zones(view: Line | undefined, scope: readonly Statement[], zones: readonly Statement[]): void {
    const { port } = this.#listening;
    const policies = last(scope, 'response-policy') ?? last(this.#options, 'response-policy');
    const ruled = new Set((policies?.body ?? []).map(({ words: [, name = ''] }) => plainName(name) ?? ''));
    const tools = this.#tools(scope, view);
    const resolved: Line[] = [], files = new Map<string, string>();
    const before: Line[] = view === undefined ? [] : [view];
    for (const each of zones) {
      const name = plainName(each.words[1] ?? '') ?? '';
      if (ruled.has(name) && name !== '') {
        this.#tell(each, this.#ruled(name, each, files));
        continue;
      }
      const made = madeZone(each, tools);
      const fate = 'zone' in made ? this.#served(made, [...before, ...this.#before], port) : 'resolved' in made ? made.fate : made;
      if ('resolved' in made) resolved.push(made.resolved);
      this.#tell(each, fate);
      for (const inner of each.body ?? []) this.#tell(inner, fate !== undefined && !('note' in fate) ? fate
        : zoneFate(inner.words[0] ?? '', inner.words[1] === 'no'));
    }
    const rules = policies === undefined ? [] : policyLines(policies, files);
    if (typeof rules === 'string') this.#fates.lose('response-policy', rules);
    const root = rootLines({ scope, options: this.#options, statements: this.#statements, lists: this.#lists, servers: this.#servers,
      resolved,
      source: this.#source, pathOf: tools.pathOf, fates: this.#fates });
    // Where all is forwarded, zones that others are asked for stand beside that.
    const beside = root?.at(-1)?.words[0] === 'forward' ? resolved : [];
    for (const each of beside) {
      const [kind, zone = '', ...to] = each.words;
      const line: Line = kind === 'forward' ? { words: ['forward', '.', ...to] } : { words: ['recursive'], inside: [each,
        { words: ['insecure', '.'] }] };
      this.#outcome.blocks.push({ keys: [`${zone}:${port}`], lines: [...before, ...this.#before, ...typeof rules === 'string' ? [] : rules,
        ...root!.slice(0, -1), line] });
    }
    if (root !== undefined) {
      this.#outcome.blocks.push({ keys: [`.:${port}`], lines: [...before, ...this.#before, ...typeof rules === 'string' ? [] : rules,
        ...root] });
    }
  }
  #tools(scope: readonly Statement[], view: Line | undefined): ZoneTools {
    const pathOf = (file: string): string => resolve(this.#folder, file);
    const name = view?.words[1];
    return {
      source: this.#source, lists: this.#lists, servers: this.#servers, pathOf,
      databaseOf: (zone) => pathOf(`${name === undefined ? '' : `${plainName(name) ?? 'view'}.`}${zone === '' ? 'root' : zone}.database`),
      inherited: (body, word) => last(body, word) ?? last(scope, word) ?? last(this.#options, word),
    };
  }
  /** Puts a zone's block down, unless it wants a key that nobody has. */
  #served(made: Extract<ReturnType<typeof madeZone>, { zone: string }>, before: readonly Line[], port: string): Fate | undefined {
    const missing = made.keys.find((key) => !this.#keys.has(key));
    if (missing !== undefined) return { lost: `there is no key ${missing}` };
    const signed = made.keys.length === 0 ? [] : [this.#keys.line(this.#outcome)];
    this.#outcome.blocks.push({ keys: [`${made.zone === '' ? '.' : made.zone}:${port}`], lines: [...before, ...signed, ...made.lines] });
    return made.fate;
  }
  /** A zone of rules is not served itself. */
  #ruled(name: string, { body = [] }: Statement, files: Map<string, string>): Fate {
    const file = valueOf(body, 'file'), path = resolve(this.#folder, file ?? '');
    if (file === undefined || !/^(?:primary|master)$/.test(valueOf(body, 'type') ?? '')) return { lost: 'rules come from a file here' };
    if (!this.#source.has(path) || !isWritable(path)) return { lost: `${path} cannot be read` };
    files.set(name, path);
    return { note: 'its rules count, and it is not served itself' };
  }
}
