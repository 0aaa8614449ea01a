// One line of a list: a name, a line of a hosts file, of an ad blocker, of a response policy zone, or a regular expression. Knows how such
// lines are written; knows neither files nor what is made of a rule. What is none of these is counted by its kind, never guessed at.
import { parseAddress } from '../dns/address.ts';
import { latin1 } from '../dns/latin1.ts';
import { ALLOW, BELOW, BLOCK, SUBTREE } from './rule-bits.ts';
import { isPlain, nameIn, plainLength } from './list-name.ts';
import { readFilter } from './filter-line.ts';
import type { RuleSink } from './rule-sink.ts';

const HASH = 0x23, SPACE = 0x20, TAB = 0x09, DOT = 0x2e, COLON = 0x3a, PERCENT = 0x25;
const isSpace = (byte: number): boolean => byte === SPACE || byte === TAB || byte === 13;

/** Names of the machine itself, as hosts files have them: no rules. */
const OWN = new Set(['localhost', 'localhost.localdomain', 'local', 'broadcasthost', 'ip6-localhost', 'ip6-loopback', 'ip6-localnet',
  'ip6-mcastprefix', 'ip6-allnodes', 'ip6-allrouters', 'ip6-allhosts', '0.0.0.0']);
/** The longest of them. */
const LONGEST_OWN = 21;
/** Addresses that lead nowhere: what a hosts file has before names that are blocked. Others are the names' own. */
const NOWHERE = /^(?:0|0\.0\.0\.0|127\.[\d.]+|255\.255\.255\.255|::1?|(?:0+:){7}0*1?|::ffff:0\.0\.0\.0|(?:fe80|ff0\d)::\d(?:%\S*)?)$/i;
/** The two that nearly all of them have. */
const ZEROS = '0.0.0.0', LOOPBACK = '127.0.0.1';

/** Reads the lines of one list. */
export class ListLines {
  readonly #sink: RuleSink;
  /** The rule that a bare name is: what it is in a list of names to block, or to allow. */
  readonly #isAllowed: boolean;
  /** The origin of a zone file, with a dot before it, lower-case; undefined where the list is none. */
  #origin: string | undefined = undefined;

  constructor(sink: RuleSink, isAllowed: boolean) {
    this.#sink = sink;
    this.#isAllowed = isAllowed;
  }

  /** Reads what stands between `from` and `to`, without the end of the line. */
  read(bytes: Uint8Array, from: number, to: number): void {
    let at = from, end = to;
    while (at < end && isSpace(bytes[at]!)) at++;
    while (end > at && isSpace(bytes[end - 1]!)) end--;
    if (at === end) return;
    const first = bytes[at]!;
    // Comments of all of them, and the head of a list for ad blockers.
    if (first === HASH || first === 0x21 || first === 0x3b || first === 0x5b) return;
    if (first === 0x7c || first === 0x40 || first === 0x2f) {
      // ||name^ is most of the lines of most lists.
      const isTree = first === 0x7c && bytes[at + 1] === 0x7c && bytes[end - 1] === 0x5e && bytes[end - 2] !== DOT;
      if (isTree && isPlain(bytes, at + 2, end - 1)) {
        return this.#sink.name(bytes, at + 2, end - 1, (this.#isAllowed ? ALLOW : BLOCK) * SUBTREE);
      }
      if (first !== 0x40 || bytes[at + 1] === 0x40) return readFilter(latin1(bytes, at, end), this.#isAllowed, this.#sink);
    }
    if (first === 0x24 || (first === 0x40 && this.#origin === undefined)) return this.#zoneLine(latin1(bytes, at, end));
    if (this.#origin !== undefined) return this.#zoneLine(latin1(bytes, from, end));
    const length = plainLength(bytes, at, end);
    if (length === end - at) return this.#bare(bytes, at, end);
    if (isSpace(bytes[at + length]!) || bytes[at + length] === COLON || bytes[at + length] === PERCENT) {
      return this.#words(bytes, at, end, length);
    }
    this.#odd(latin1(bytes, at, end));
  }

  get #rule(): number {
    return this.#isAllowed ? ALLOW : BLOCK;
  }
  /** One word that looks like a name. */
  #bare(bytes: Uint8Array, at: number, end: number): void {
    const last = bytes[end - 1]!;
    const name = last === DOT ? end - 1 : end;
    // The last label of no name is a number: that is an address.
    if (last >= 0x30 && last <= 0x39 && /^[\d.]+$/.test(latin1(bytes, at, end))) return this.#sink.ignored('address');
    if (name === at) return this.#sink.ignored('everything');
    this.#sink.name(bytes, at, name, this.#rule);
  }
  /** An address and names, or a name and a comment. */
  #words(bytes: Uint8Array, at: number, end: number, length: number): void {
    let stop = at + length;
    while (stop < end && !isSpace(bytes[stop]!)) stop++;
    if (!isText(bytes, at, stop, ZEROS) && !isText(bytes, at, stop, LOOPBACK)) {
      const word = latin1(bytes, at, stop);
      if (word !== '0' && parseAddress(word.replace(/%.*/s, '')) === undefined) return this.#nameAndMore(bytes, at, stop, end);
      if (!NOWHERE.test(word)) return this.#sink.ignored('address');
    }
    for (let next = stop; ; ) {
      while (next < end && isSpace(bytes[next]!)) next++;
      if (next === end || bytes[next] === HASH) return;
      const word = next;
      while (next < end && !isSpace(bytes[next]!) && bytes[next] !== HASH) next++;
      this.#hostName(bytes, word, next);
    }
  }
  #hostName(bytes: Uint8Array, at: number, end: number): void {
    if (end - at <= LONGEST_OWN && OWN.has(latin1(bytes, at, end))) return;
    if (isPlain(bytes, at, end)) this.#bare(bytes, at, end);
    else this.#odd(latin1(bytes, at, end));
  }
  #nameAndMore(bytes: Uint8Array, at: number, stop: number, end: number): void {
    const rest = latin1(bytes, stop, end).trim();
    if (/^(?:\d+\s+)?(?:IN\s+)?(?:SOA|NS|CNAME|A|AAAA|TXT)\s/i.test(rest) || /^IN\s/i.test(rest)) {
      this.#origin = '';
      return this.#zoneLine(latin1(bytes, at, end));
    }
    if (!rest.startsWith('#')) return this.#sink.ignored('pattern');
    if (isPlain(bytes, at, stop)) this.#bare(bytes, at, stop);
    else this.#odd(latin1(bytes, at, stop));
  }
  /** What has letters that no host has: names of other scripts, asterisks, rules for what a page shows. */
  #odd(text: string): void {
    if (/#[@?$%]{0,3}#|\$\$|#%#/.test(text)) return this.#sink.ignored('cosmetic');
    const word = text.replace(/\s+#.*$/, '');
    if (word === '*' || word === '.') return this.#sink.ignored('everything');
    const below = word.startsWith('*.');
    if (/[\^$*/|=]/.test(below ? word.slice(2) : word)) return this.#sink.ignored('pattern');
    const name = nameIn(below ? word.slice(2) : word);
    if (name === undefined) return this.#sink.ignored('name');
    this.#sink.name(name, 0, name.length, this.#rule * (below ? BELOW : 1));
  }

  /** A line of a response policy zone: its names are below the zone, or relative to it. */
  #zoneLine(text: string): void {
    this.#origin ??= '';
    const line = text.replace(/;.*$/, '');
    const [, origin] = /^\s*\$ORIGIN\s+(\S+?)\.?\s*$/i.exec(line) ?? [];
    if (origin !== undefined) {
      this.#origin = `.${origin.toLowerCase()}`;
      return;
    }
    const [, owner, target] = /^(\S+)\s+(?:\d+\w*\s+)?(?:IN\s+)?(?:\d+\w*\s+)?CNAME\s+(\S+)\s*$/i.exec(line) ?? [];
    if (owner === undefined || target === undefined) {
      if (/^\s*\S+\s+(?:\d+\w*\s+)?(?:IN\s+)?(?:A|AAAA|TXT|MX|SRV)\s/i.test(line)) this.#sink.ignored('data');
      return;
    }
    this.#zoneRule(owner.toLowerCase(), target.toLowerCase());
  }
  #zoneRule(owner: string, target: string): void {
    const isAbsolute = owner.endsWith('.');
    const relative = !isAbsolute ? owner
      : this.#origin !== '' && owner.slice(0, -1).endsWith(this.#origin!) ? owner.slice(0, -1 - this.#origin!.length)
      : owner.slice(0, -1);
    if (/(?:^|\.)rpz-(?:ip|client-ip|nsdname|nsip)$/.test(relative)) return this.#sink.ignored('pattern');
    const rule = target === 'rpz-passthru.' ? ALLOW
      : target === '.' || target === '*.' || target === 'rpz-drop.' || target === 'rpz-tcp-only.' ? BLOCK : 0;
    if (rule === 0) return this.#sink.ignored('data');
    const below = relative.startsWith('*.');
    const word = below ? relative.slice(2) : relative;
    if (word === '*' || word === '@' || word === '') return this.#sink.ignored('everything');
    const name = nameIn(word);
    if (name === undefined) return this.#sink.ignored('name');
    this.#sink.name(name, 0, name.length, rule * (below ? BELOW : 1));
  }
}
function isText(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
