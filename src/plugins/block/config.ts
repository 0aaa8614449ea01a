// The lines of *block* as data. Knows words, addresses and networks; opens nothing.
import { basename, isAbsolute, join } from 'node:path';
import type { Directive } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { listFault } from '../../policy/list-file.ts';
import type { ListSource } from '../../policy/list-sources.ts';
import { MOST_LISTS } from '../../policy/rule-bits.ts';
import { isListUrl, remoteList } from './remote-list.ts';
import type { RemoteList } from './remote-list.ts';
import { quoted } from '../../wording/quote.ts';

/** What is said instead of an answer; `none` is nothing: what would have happened is told. */
export type Action = 'none' | 'nxdomain' | 'nodata' | 'zero' | 'refused' | 'drop' | 'address';
/** One line. */
export interface BlockLine {
  readonly at: Position;
  readonly lists: readonly ListSource[];
  readonly action: Action;
  /** Where `address` leads, and `zero`. */
  readonly addresses: readonly Uint8Array[];
  /** The clients that it is for; undefined for all. */
  readonly clients: readonly CIDR[] | undefined;
  readonly infoCode: number;
  readonly log: boolean;
  /** The part of its rules that a list must still have. */
  readonly shrink: number;
  /** Lists that are fetched, and who says where their servers are. */
  readonly remote: readonly RemoteList[];
  readonly bootstrap: string | undefined;
}

const ACTIONS: readonly string[] = ['none', 'nxdomain', 'nodata', 'zero', 'refused', 'drop'];
const ZEROS: readonly Uint8Array[] = [new Uint8Array(4), new Uint8Array(16)];
const CODES: Readonly<Record<string, number>> = {
  blocked: INFO_CODE.BLOCKED, censored: INFO_CODE.CENSORED, filtered: INFO_CODE.FILTERED,
};

/** Reads the lines of a block. */
export const readBlockLines = (lines: Lines, context: ParseContext): readonly BlockLine[] =>
  lines.map((line) => readBlockLine(line, context));

function readBlockLine(line: Directive, context: ParseContext): BlockLine {
  const paths = listsOf(line, context);
  const allowed: string[] = [];
  let as = '';
  let action: Action = 'zero';
  let addresses = ZEROS;
  let clients: CIDR[] | undefined;
  let infoCode: number = INFO_CODE.BLOCKED;
  let log = false;
  let shrink = 0.5;
  let folder = '';
  let bootstrap: string | undefined;
  line.properties({
    allow(property) {
      allowed.push(...listsOf(property, context));
    },
    as(property) {
      as = property.only();
    },
    action(property) {
      const words = property.words(1);
      if (words.length === 1 && ACTIONS.includes(words[0]!)) {
        action = words[0] as Action;
        addresses = ZEROS;
        return;
      }
      action = 'address';
      addresses = words.map((word) => parseAddress(word) ?? property.fail(`unknown action ${quoted(word)}`,
        `an action is one of ${ACTIONS.join(', ')}, or addresses`));
    },
    clients(property) {
      clients = [...clients ?? [], ...property.words(1).map((word) => networkOf(property, word))];
    },
    ede(property) {
      const word = property.only();
      infoCode = CODES[word] ?? property.fail(`unknown error ${quoted(word)}`, 'ede blocked, censored or filtered');
    },
    log(property) {
      property.end();
      log = true;
    },
    snapshot(property) {
      folder = pathOf(property.only(), context);
    },
    bootstrap(property) {
      bootstrap = property.only();
      if (parseAddress(bootstrap.replace(/^\[(.*)\](:\d+)?$|^([\d.]+)(:\d+)?$/, '$1$3')) === undefined) {
        property.fail(`${quoted(bootstrap)} is no name server`, 'an address, or ADDRESS:PORT');
      }
    },
    shrink(property) {
      const word = property.only();
      const [, number] = /^(\d{1,3})%$/.exec(word) ?? [];
      if (number === undefined || Number(number) > 100) property.fail(`${quoted(word)} is no part of a list`, 'shrink 50%');
      shrink = Number(number) / 100;
    },
  }, '"');
  if (paths.length + allowed.length > MOST_LISTS) {
    line.fail(`${paths.length + allowed.length} lists on one line`, `a line has ${MOST_LISTS} at most; put the others on a second one`);
  }
  const source = (isAllowed: boolean) => (path: string): ListSource => ({ path, name: as === '' ? basename(path) : as, isAllowed });
  const words = [...paths, ...allowed];
  if (words.some(isListUrl) && folder === '') {
    line.fail('a list that is fetched needs a folder', 'name one: snapshot /var/lib/coredns/lists');
  }
  line.mentions({ what: 'faults', find: async () => words.filter((word) => !isListUrl(word)).flatMap((path) => listFault(path) ?? []) });
  const remote = words.filter(isListUrl).map((url) => remoteList(url, folder));
  const lists = [...paths.map(source(false)), ...allowed.map(source(true))].map((each): ListSource => {
    const from = remote.find(({ url }) => url === each.path);
    return from === undefined ? each : { ...each, path: from.path, arriving: from.arriving };
  });
  return { at: line.at, lists, action, addresses, clients, infoCode, log, shrink, remote, bootstrap };
}

function listsOf(line: Directive, context: ParseContext): string[] {
  return line.words(1).map((word, i) => {
    if (isListUrl(word)) {
      if (/^http:/i.test(word)) line.doubt(`${quoted(word)} may be changed on its way`, 'fetch it by https');
      return word;
    }
    if (/^\w+:\/\//.test(word)) line.fail(`${quoted(word)} is no list`, 'a list is a file, a folder, or is fetched from https://...');
    const path = pathOf(word, context);
    line.mentions({ what: 'file', path }, line.argsAt[i]);
    return path;
  });
}
const pathOf = (word: string, { root }: ParseContext): string => (root === undefined || isAbsolute(word) ? word : join(root, word));
function networkOf(line: Directive, text: string): CIDR {
  const octets = parseAddress(text);
  return parseCIDR(octets === undefined ? text : `${text}/${octets.length * 8}`)
    ?? line.fail(`illegal CIDR notation ${quoted(text)}`, 'a network such as 192.0.2.0/24, or an address');
}
