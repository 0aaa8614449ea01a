// An unbound.conf as a Corefile: *recursive* with what is said of servers, *template* for what is answered here, *acl* for who may ask.
// Knows what
// Unbound does with each setting.
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import { isWritable } from '../corefile-text.ts';
import { plainName } from '../names.ts';
import type { Fate, Line, Outcome } from '../outcome.ts';
import type { Source } from '../source.ts';
import { AccessRules } from './access.ts';
import { fateOf } from './fates.ts';
import { LocalData } from './local.ts';
import { Resolver } from './resolver.ts';
import { clausesOf } from './read.ts';
import type { Clause, Setting } from './read.ts';
import { authZone, policyZone } from './zones.ts';

/** Lengths that a translator's prefix may have (RFC 6052 2.2). */
const PREFIX = /\/(?:32|40|48|56|64|96)$/;

/** Imports a file. Throws ImportError. */
export function importUnbound(file: string, source: Source, outcome: Outcome): void {
  new Import(outcome, source).read(clausesOf(file, source, { file, line: 0 }));
}

class Import {
  readonly #outcome: Outcome;
  readonly #source: Source;
  readonly #local = new LocalData();
  readonly #resolver: Resolver;
  readonly #access = new AccessRules();
  readonly #views = new Map<string, { readonly data: LocalData; first: boolean }>();
  readonly #viewers: { readonly network: string; readonly view: string }[] = [];
  readonly #policies: Line[] = [];
  readonly #zones: { readonly zone: string; readonly line: Line }[] = [];
  readonly #listens: string[] = [];
  readonly #ports = new Set<string>();
  #port = '53';
  #prefix = '64:ff9b::/96';
  #synthesizes = false;

  constructor(outcome: Outcome, source: Source) {
    this.#outcome = outcome;
    this.#source = source;
    this.#resolver = new Resolver(source);
  }
  read(clauses: readonly Clause[]): void {
    for (const clause of clauses) {
      if (clause.kind === 'server') for (const each of clause.settings) this.#tell(each, this.#server(each));
      else if (clause.kind === 'view') this.#view(clause);
      else if (clause.kind === 'stub-zone' || clause.kind === 'forward-zone') this.#whole(clause, this.#resolver.zone(clause));
      else if (clause.kind === 'auth-zone') this.#authZone(clause);
      else if (clause.kind === 'rpz') this.#policy(clause);
      else this.#whole(clause, OTHER_CLAUSES[clause.kind] ?? { lost: `clauses ${clause.kind} are not known` });
    }
    this.#write();
  }
  /** What became of a clause became of each of its settings. */
  #whole(clause: Clause, fate: Fate | undefined): void {
    this.#outcome.tell(clause, `${clause.kind}:`, fate);
    const own = fate === undefined || 'note' in fate ? undefined : fate;
    for (const each of clause.settings) this.#tell(each, own);
  }
  #tell(setting: Setting, fate: Fate | undefined): void {
    const text = /key|secret|pem/.test(setting.name) ? `${setting.name}: (not shown)` : `${setting.name}: ${setting.values.join(' ')}`;
    this.#outcome.tell(setting, text, fate);
  }
  #server(setting: Setting): Fate | undefined {
    const { name, values: [value = '', second = ''] } = setting;
    const resolved = this.#resolver.take(setting);
    if (resolved !== 'unknown') return resolved;
    switch (name) {
      case 'local-zone': return this.#local.zone(setting);
      case 'local-data': return this.#local.data(setting);
      case 'local-data-ptr': return this.#local.pointer(setting);
      case 'access-control': return this.#access.add(value, second);
      case 'access-control-view': return parseNetwork(value) === undefined ? { lost: `${value} is no network` }
        : void this.#viewers.push({ network: parseNetwork(value)!, view: second });
      case 'interface': case 'ip-address': return this.#interface(value);
      case 'port': return /^\d{1,5}$/.test(value) && Number(value) < 65536 && Number(value) > 0 ? void (this.#port = value)
        : { lost: `${value} is no port` };
      case 'module-config':
        this.#synthesizes = value.split(/\s+/).includes('dns64');
        return this.#resolver.modules(value);
      case 'dns64-prefix':
        if (!PREFIX.test(value) || (parseCIDR(value)?.network.length ?? 0) !== 16) return { lost: `${value} is no prefix` };
        this.#prefix = value;
        return undefined;
      default: return fateOf(name, setting.values);
    }
  }
  #interface(value: string): Fate | undefined {
    const [address = '', port] = value.split('@');
    if (parseAddress(address) === undefined
      && !/^[a-z][\w.:-]*$/i.test(address)) return { lost: `${value} is no address and no interface` };
    if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) === 0
      || Number(port) > 65535)) return { lost: `${port} is no port` };
    this.#listens.push(address);
    if (port !== undefined) this.#ports.add(port);
    return undefined;
  }
  #view(clause: Clause): void {
    const named = clause.settings.findLast(({ name }) => name === 'name')?.values[0] ?? '';
    const view = { data: new LocalData(), first: false };
    this.#outcome.tell(clause, 'view:', isWritable(named) && named !== '' ? undefined : { lost: 'it has no name that can be written' });
    this.#views.set(named, view);
    for (const each of clause.settings) {
      const { name, values: [value] } = each;
      if (name === 'view-first') view.first = value === 'yes';
      const fate = name === 'local-zone' ? view.data.zone(each) : name === 'local-data' ? view.data.data(each)
        : name === 'local-data-ptr' ? view.data.pointer(each) : name === 'name' || name === 'view-first' ? undefined : fateOf(name,
          each.values);
      this.#tell(each, fate);
    }
  }
  #authZone(clause: Clause): void {
    const made = authZone(clause, this.#source);
    this.#whole(clause, 'zone' in made ? undefined : made);
    if ('zone' in made) this.#zones.push(made);
  }
  #policy(clause: Clause): void {
    const made = policyZone(clause, this.#source);
    this.#whole(clause, 'line' in made ? made.fate : made);
    if ('line' in made) this.#policies.push(made.line);
  }

  #write(): void {
    const { blocks } = this.#outcome;
    const port = [...this.#ports][0] ?? this.#port;
    const others = [...this.#ports].slice(1);
    const keyed = (zone: string): string[] => [port, ...others].map((each) => `${zone === '' ? '.' : zone}:${each}`);
    const bind: Line = { words: ['bind', ...this.#listens.length === 0 ? ['127.0.0.1', '::1'] : [...new Set(this.#listens)]] };
    const before: Line[] = [{ words: ['errors'] }, bind, ...this.#synthesizes ? [{ words: ['dns64', this.#prefix] }] : [],
      ...this.#access.lines()];
    for (const { network, view } of this.#viewers) {
      const found = this.#views.get(view);
      if (found === undefined) continue;
      const data = found.data.isEmpty ? this.#local : found.first ? found.data.before(this.#local) : found.data;
      blocks.push({ keys: keyed(''), lines: [{ words: ['view', viewName(view)], inside: [{ words: ['expr',
        `incidr(client_ip(), '${network}')`] }] },
        ...before, ...this.#policies, ...data.lines(), ...this.#resolver.lines(data.special)] });
    }
    const local = this.#local.lines();
    blocks.push({ keys: keyed(''), lines: [...before, ...this.#policies, ...local, ...this.#resolver.lines(this.#local.special)] });
    for (const { zone, lines } of this.#resolver.encrypted()) blocks.push({ keys: keyed(zone), lines: [...before, ...this.#policies,
      ...local, ...lines] });
    for (const { zone, line } of this.#zones) blocks.push({ keys: keyed(zone), lines: [...before, ...local, line] });
  }
}
/** A network as an expression has it; undefined where it is none. */
function parseNetwork(text: string): string | undefined {
  const octets = parseAddress(text);
  if (octets !== undefined) return `${text}/${octets.length * 8}`;
  return /^[0-9a-f.:]+\/\d{1,3}$/i.test(text) && parseAddress(text.split('/')[0]!) !== undefined ? text : undefined;
}
const viewName = (name: string): string => plainName(name) ?? name;
const OTHER_CLAUSES: Readonly<Record<string, Fate>> = {
  'remote-control': { idle: 'admin is how a running server is spoken to' }, dnstap: { lost: 'see dnstap' },
  cachedb: { idle: 'cache has a snapshot' }, python: { lost: 'there is no Python here' }, dynlib: { lost: 'no library is loaded' },
  dnscrypt: { lost: 'DNSCrypt is not spoken' }, ipset: { idle: 'no sets of a firewall are filled' },
};
