// Rules that set, replace and take away EDNS options of requests (REW-9). Knows the options and how rules are written.
import { OPTION } from '../../dns/edns-options.ts';
import type { EdnsOption } from '../../dns/opt.ts';
import { derive } from '../../kernel/query/derive.ts';
import { quoted } from '../../wording/quote.ts';
import { parseUint } from '../../wording/unsigned.ts';
import { optOf, putOpt, roomFor } from './opt.ts';
import { QUESTION_ONLY, Responses } from './responses.ts';
import type { Rule, Subject } from './subject.ts';
import { hexOctets } from './values.ts';
import { clientAddress, variable } from './variable.ts';
import type { Variable } from './variable.ts';

/** Codes that CoreDNS knows by more than their number: a `local` rule takes none of them for its own. */
const KNOWN = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 18, 19]);

type Action = 'set' | 'append' | 'replace' | 'unset';
const ACTIONS: readonly string[] = ['set', 'append', 'replace', 'unset'];

/** What a rule does with one option. */
interface Change {
  readonly stops: boolean;
  readonly action: Action;
  readonly code: number;
  readonly data: Variable;
  /** What it put there is not echoed. */
  readonly revert: boolean;
  /** An option that is there already may be what the rule means. */
  readonly own: boolean;
  /** `append` does nothing where the option is there. */
  readonly once: boolean;
}

/** `edns0 local|nsid|subnet ACTION ...`. Throws Error (REW-10). */
export function ednsRule(stops: boolean, args: readonly string[]): Rule {
  if (args.length < 2) throw new Error('too few arguments for an EDNS0 rule');
  const kind = args[0]!.toLowerCase();
  const action = args[1]!.toLowerCase();
  if (!ACTIONS.includes(action)) throw new Error(`invalid action: ${quoted(action)}`);
  if (action === 'unset') return unsetRule(stops, kind, args.slice(2));
  const revert = args.at(-1) === 'revert';
  const words = args.slice(2, revert ? -1 : undefined);
  const common = { stops, action: action as Action, revert };
  switch (kind) {
    case 'local': {
      if (words.length !== 2) throw new Error('EDNS0 local rules require three or four args');
      return localRule(common, words[0]!, words[1]!);
    }
    case 'nsid':
      if (words.length > 0) throw new Error('EDNS0 NSID rules can accept no more than one arg');
      return changing({ ...common, code: OPTION.NSID, data: () => new Uint8Array(0), own: true, once: false });
    case 'subnet':
      if (words.length !== 2) throw new Error('EDNS0 subnet rules require three or four args');
      return changing({ ...common, code: OPTION.ECS, data: subnet(words[0]!, words[1]!), own: true, once: true });
    default:
      throw new Error(`invalid rule type ${quoted(kind)}`);
  }
}

function unsetRule(stops: boolean, kind: string, words: readonly string[]): Rule {
  if (kind === 'local') {
    if (words.length !== 1) throw new Error('local unset action requires exactly two arguments');
    const code = Number(parseUint(words[0]!, 0, 16));
    return { ...removing(stops, code), echoes: code };
  }
  if (kind !== 'nsid' && kind !== 'subnet') throw new Error(`invalid rule type ${quoted(kind)}`);
  if (words.length !== 0) throw new Error(`${kind} unset action requires exactly one argument`);
  return removing(stops, kind === 'nsid' ? OPTION.NSID : OPTION.ECS);
}

function localRule(common: Pick<Change, 'stops' | 'action' | 'revert'>, word: string, value: string): Rule {
  const code = Number(parseUint(word, 0, 16));
  const own = !KNOWN.has(code);
  if (value.startsWith('{') && value.endsWith('}')) {
    return { ...changing({ ...common, code, data: variable(value), own, once: true }), echoes: code };
  }
  const data = value.startsWith('0x') ? hexOctets(value.slice(2)) : new TextEncoder().encode(value);
  return { ...changing({ ...common, code, data: () => data, own, once: false }), echoes: code };
}

/** The client's network, of which so many bits are told (RFC 7871 section 6). Throws Error. */
function subnet(four: string, six: string): Variable {
  const bits4 = Number(parseUint(four, 0, 16));
  if (bits4 > 32) throw new Error(`invalid IPv4 bit mask length ${bits4}`);
  const bits6 = Number(parseUint(six, 0, 16));
  if (bits6 > 128) throw new Error(`invalid IPv6 bit mask length ${bits6}`);
  return ({ query }) => {
    const address = clientAddress(query);
    const bits = address.length === 4 ? bits4 : bits6;
    const octets = address.slice(0, (bits + 7) >> 3);
    if ((bits & 7) !== 0) octets[octets.length - 1]! &= 0xff << (8 - (bits & 7));
    return Uint8Array.of(0, address.length === 4 ? 1 : 2, bits, 0, ...octets);
  };
}

/** Makes these the options of the request. */
function put(subject: Subject, options: readonly EdnsOption[]): void {
  const edns = { ...optOf(subject.target), options };
  if (putOpt(subject.target, edns)) return;
  subject.target = derive(subject.target, { room: roomFor(subject.target, edns) });
  subject.query.journey.roomier = subject.target;
  putOpt(subject.target, edns);
}

function removing(stops: boolean, code: number): Rule {
  return {
    stops,
    apply(subject) {
      put(subject, optOf(subject.target).options.filter((option) => option.code !== code));
      return QUESTION_ONLY;
    },
  };
}

function changing({ stops, action, code, data, revert, own, once }: Change): Rule {
  const added = revert ? new Responses([{ kind: 'option', code, data: undefined }]) : QUESTION_ONLY;
  return {
    stops,
    apply(subject) {
      const value = data(subject);
      if (value === undefined) return undefined;
      const { options } = optOf(subject.target);
      const found = own ? options.findIndex((option) => option.code === code) : -1;
      if (found >= 0 && action !== 'append') {
        const old = options[found]!.data;
        put(subject, options.with(found, { code, data: value }));
        return revert ? new Responses([{ kind: 'option', code, data: old }]) : QUESTION_ONLY;
      }
      const adds = action === 'set' || (action === 'append' && !(once && found >= 0));
      // As CoreDNS: the OPT is made even where nothing is put into it.
      put(subject, adds ? [...options, { code, data: value }] : options);
      return adds ? added : undefined;
    },
  };
}
