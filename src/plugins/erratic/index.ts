// *erratic* is a plugin useful for testing client behavior: it drops, delays and truncates. Knows how to be unreliable (ERR-1 to 3).
import type { Directive } from '../../corefile/directive.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { parseRR, rr } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { A, AAAA } from '../../dns/types.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import { AA, TC } from '../../kernel/query/message.ts';
import { drop, failure } from '../../kernel/query/outcome.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { SearchPaths } from '../../kernel/site/search-path.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import { quoted } from '../../wording/quote.ts';

const V4 = Uint8Array.of(192, 0, 2, 53);
/** ERR-3: the search path of every client. */
const SEARCH_PATH = ['a.example.org.', 'b.example.org.', '.'].map((text) => Name.parse(text));
const V6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53);

interface Settings {
  drop: number;
  delay: number;
  truncate: number;
  milliseconds: number;
  large: boolean;
}

function amount(line: Directive, text: string): number {
  if (!/^[+-]?\d+$/.test(text)) line.refuse(`strconv.ParseInt: parsing ${quoted(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0) line.refuse(`illegal amount value given ${quoted(text)}`);
  if (value > 2 ** 31 - 1) line.fail(`amount is too large: ${text}`);
  return value;
}

/** The whole answer, without its being dropped or delayed. */
function answer(query: Query, { large }: Settings, truncated: boolean): Outcome {
  const { name, type } = query;
  if (type === TYPE.AXFR) return transfer(query, truncated);
  if (type !== TYPE.A && type !== TYPE.AAAA) return failure(RCODE.SERVFAIL);
  const reply = query.begin(AA | (truncated ? TC : 0), 0);
  const record = type === TYPE.A ? rr(name, A, 0, { address: V4 }) : rr(name, AAAA, 0, { address: V6 });
  for (let n = large && type === TYPE.A ? 30 : 1; n > 0; n--) reply.append(record, 6);
  return reply;
}
/** ERR-2: a zone of five records; truncated, it lacks the SOA that ends it. */
function transfer(query: Query, truncated: boolean): Outcome {
  const apex = query.name.text;
  const under = (label: string) => `${label}.${apex === '.' ? '' : apex}`;
  const zone = [
    `${apex} 0 IN SOA sns.dns.icann.org. noc.dns.icann.org. 2018050825 7200 3600 1209600 3600`, `${apex} 0 IN NS ${under('b')}`,
    `${apex} 0 IN NS ${under('a')}`, `${under('a')} 0 IN AAAA 2001:bd8::53`, `${under('b')} 0 IN AAAA 2001:500::54`,
  ].map((text) => parseRR(text)!);
  return query.reply({ aa: true, answer: truncated ? zone : [...zone, zone[0]!] });
}

/** How many queries came, to all threads. */
const askedOf = (run: Run, site: Site) => run.space(site).flags('erratic', 1);

export default definePlugin<Settings>({
  name: 'erratic',
  parse(lines) {
    const settings = { drop: 2, delay: 0, truncate: 0, milliseconds: 100, large: false };
    let explicit = false;
    for (const line of lines) {
      line.properties({
        drop(property) {
          const [text] = property.words(0, 1);
          if (text === undefined) return;
          settings.drop = amount(property, text);
          explicit = true;
        },
        delay(property) {
          const [text, duration] = property.words(0, 2);
          settings.delay = text === undefined ? 2 : amount(property, text);
          if (duration !== undefined) settings.milliseconds = property.duration(duration);
        },
        truncate(property) {
          const [text] = property.words(0, 1);
          settings.truncate = text === undefined ? 2 : amount(property, text);
        },
        large() {
          settings.large = true;
        },
      });
    }
    if ((settings.delay > 0 || settings.truncate > 0) && !explicit) settings.drop = 0;
    return settings;
  },
  create(settings, site): Part {
    site.put(SearchPaths, { name: 'erratic', searchPath: () => SEARCH_PATH });
    let asked: Flags;
    let after: (milliseconds: number, call: () => void) => void;
    return {
      rehearsal: 'as served',
      start(run) {
        const { clock } = run;
        asked = askedOf(run, site);
        after = (milliseconds, call) => clock.after(milliseconds, call);
      },
      ready: () => asked.get(0) >= 3 && asked.get(0) < 5,
      handle(query) {
        const number = asked.add(0, 1);
        if (settings.drop > 0 && number % settings.drop === 0) return drop();
        // As CoreDNS: a bitwise test, not a remainder.
        const truncated = settings.truncate > 0 && (number & settings.truncate) === 0;
        if (settings.delay === 0 || number % settings.delay !== 0) return answer(query, settings, truncated);
        return new Promise((resolve) => {
          after(settings.milliseconds, () => resolve(answer(query, settings, truncated)));
        });
      },
    };
  },
});
