// The lines of *loadbalance* as data. Knows words; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { quoted } from '../../wording/quote.ts';

/** A network in which addresses come first. */
export interface Network {
  readonly network: Uint8Array;
  readonly bits: number;
}
/** What is to be done with the order of records. */
export interface Settings {
  readonly prefer: readonly Network[];
  /** Undefined for `round_robin`. `reload` in milliseconds, 0 for never. */
  readonly weighted: { readonly file: string; readonly reload: number } | undefined;
}

/** Reads every `loadbalance` line of a block: the last one decides the policy. */
export function readSettings(lines: Lines): Settings {
  const prefer: Network[] = [];
  let weighted: Settings['weighted'];
  for (const line of lines) {
    const [policy = 'round_robin', ...args] = line.rest();
    if (policy === 'round_robin') {
      if (args.length > 0) line.fail(`unknown property for ${policy}`);
      weighted = undefined;
      line.properties({ prefer: (property) => prefer.push(...networks(property)) });
    } else if (policy === 'weighted') weighted = readWeighted(line, args);
    else line.refuse(`unknown policy: ${policy}`);
  }
  return { prefer, weighted };
}

function networks(line: Directive): readonly Network[] {
  return line.rest().map((text) => {
    const found = parseCIDR(text);
    if (found === undefined) return line.fail(`invalid CIDR ${quoted(text)}: invalid CIDR address: ${text}`);
    return found;
  });
}
function readWeighted(line: Directive, [file, ...more]: readonly string[]): Settings['weighted'] {
  if (file === undefined) return line.fail('missing weight file argument');
  if (more.length > 0) line.fail('unexpected argument(s)');
  let reload = 30_000;
  line.properties({
    reload(property) {
      const [text, ...rest] = property.rest();
      if (text === undefined) return property.fail('reload duration value is missing');
      if (rest.length > 0) property.fail('unexpected argument');
      reload = property.duration(text, () => property.fail(`invalid reload duration '${text}'`));
    },
  });
  return { file, reload };
}
