// A reply as lines of text, whether it came from a server or stands in a scenario. Knows every part of a message; knows no server.
import { OPTION, readExtendedError } from '../dns/edns-options.ts';
import { latin1 } from '../dns/latin1.ts';
import { AA, AD, CD, RA, RD, TC } from '../dns/parts.ts';
import type { Parts } from '../dns/parts.ts';
import type { Edns, EdnsOption } from '../dns/opt.ts';
import { opcodeName, rcodeName } from '../dns/rcode.ts';
import { parseRR, printRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { className, typeName } from '../dns/type-name.ts';
import type { Asked } from './question.ts';
import type { Reply } from './signed.ts';

const SECTIONS = ['answer', 'authority', 'additional'] as const;
type Section = (typeof SECTIONS)[number];
/** Parts that a scenario may ignore. */
const PARTS: readonly string[] = ['head', 'flags', 'question', 'edns', 'ede', 'tsig', 'ttl', 'data', ...SECTIONS];

/** A reply taken apart. Texts are canonical: the same reply gives the same ones. */
export interface Picture {
  /** `NOERROR`, or `no reply`. */
  head: string;
  flags: string;
  question: string;
  /** `edns SIZE ...`, without Extended DNS Errors; empty where size, version and DO are as asked and there are no options. */
  edns: string[];
  ede: string[];
  /** What the signatures are worth, each verdict once; none where the question was not signed. */
  tsig: string[];
  records: { readonly [section in Section]: RR[] };
  /** What the scenario does not care for, and whether it cares for the order of records. */
  readonly ignored: Set<string>;
  ordered: boolean;
}

const blank = (): Picture => ({
  head: '', flags: '', question: '', edns: [], ede: [], tsig: [], records: { answer: [], authority: [], additional: [] },
  ignored: new Set(), ordered: false,
});

/** What came: the messages of one reply; none for no reply. A transfer's records are those of all of its messages, in order. */
export function pictureOf(messages: readonly Reply[], asked: Asked): Picture {
  const picture = blank();
  const [first] = messages;
  picture.head = first === undefined ? 'no reply' : rcodeName(first.rcode);
  if (first === undefined) return picture;
  picture.flags = flagsOf(first, asked.flags);
  picture.question = questionOf(first, asked);
  picture.edns = ednsOf(first.edns, asked.edns);
  picture.ede = (first.edns?.options ?? []).filter(({ code }) => code === OPTION.EDE).map(printError);
  picture.tsig = [...new Set(messages.flatMap(({ signature }) => signature ?? []))];
  for (const section of SECTIONS) picture.records[section].push(...messages.flatMap((message) => message[section]));
  if (messages.length > 1) picture.ordered = true;
  return picture;
}

/** aa, tc, ra, ad; rd and cd where they are not as they were asked; an opcode other than QUERY. */
function flagsOf({ flags, opcode }: Parts, asked: number): string {
  const words = opcode === 0 ? [] : [opcodeName(opcode).toLowerCase()];
  for (const [bit, word] of [[AA, 'aa'], [TC, 'tc'], [RA, 'ra'], [AD, 'ad']] as const) if ((flags & bit) !== 0) words.push(word);
  for (const [bit, word] of [[RD, 'rd'], [CD, 'cd']] as const) {
    if (((flags ^ asked) & bit) !== 0) words.push((flags & bit) !== 0 ? word : `no${word}`);
  }
  return words.join(' ');
}
/** Nothing where it is the one that was asked, letter by letter. */
function questionOf({ question }: Parts, asked: Asked): string {
  const print = (of: Parts['question']) => (of === undefined ? 'none' : `${of.name.text} ${className(of.class)} ${typeName(of.type)}`);
  const text = print(question);
  return text === print(asked.question) ? '' : `question ${text}`;
}
/** Nothing where the OPT says what the asked one said. */
function ednsOf(edns: Edns | undefined, asked: Edns | undefined): string[] {
  if (edns === undefined) return asked === undefined ? [] : ['no edns'];
  const printed = printEdns(edns);
  return asked !== undefined && printed.join('\n') === printEdns({ ...asked, options: [] }).join('\n') ? [] : printed;
}
function printEdns({ udpSize, version, dnssecOk, z, options }: Edns): string[] {
  const extra = [...(dnssecOk ? ['do'] : []), ...(version === 0 ? [] : [`version=${version}`]), ...(z === 0 ? [] : [`z=${z}`])];
  return [['edns', udpSize, ...extra].join(' '), ...options.filter(({ code }) => code !== OPTION.EDE).map(printOption)];
}
function printOption({ code, data }: EdnsOption): string {
  const text = latin1(data, 0, data.length);
  if (code === OPTION.NSID && data.length > 0 && /^[ -!#-~]*$/.test(text)) return `nsid "${text}"`;
  return `option ${code} ${Buffer.from(data).toString('hex')}`.trim();
}
function printError(option: EdnsOption): string {
  const { infoCode, text } = readExtendedError(option);
  return `ede ${infoCode}${text === '' ? '' : ` ${JSON.stringify(text)}`}`;
}

/** What is expected: the indented lines below a question. Throws Error. */
export function parsePicture(block: readonly string[]): Picture {
  const picture = blank();
  for (const line of block) if (line.trim() !== '' && !line.trim().startsWith('#')) readLine(picture, line.trim());
  if (picture.head === '') throw new Error('the reply lacks its rcode, or `no reply`');
  return picture;
}
function readLine(picture: Picture, line: string): void {
  const [word = '', ...rest] = line.split(/\s+/);
  if (isSection(word)) {
    const record = parseRR(line.slice(word.length).trim());
    if (record === undefined) throw new Error(`a record is missing in "${line}"`);
    picture.records[word].push(record);
  } else if (line === 'ordered') picture.ordered = true;
  else if (line === 'no reply') picture.head = line;
  else if (word === 'ignore') {
    for (const part of rest) {
      if (!PARTS.includes(part)) throw new Error(`cannot ignore "${part}"; there are ${PARTS.join(', ')}`);
      picture.ignored.add(part);
    }
  } else if (word === 'question') picture.question = line;
  else if (word === 'edns' || word === 'nsid' || word === 'option' || line === 'no edns') picture.edns.push(line);
  else if (word === 'ede') picture.ede.push(line);
  else if (word === 'tsig') picture.tsig.push(line);
  else if (/^[A-Z0-9]+$/.test(word) && picture.head === '') {
    picture.head = word;
    picture.flags = rest.join(' ');
  } else throw new Error(`cannot read "${line}"`);
}
const isSection = (word: string): word is Section => SECTIONS.includes(word as Section);

/** The lines that are compared: without what is ignored, sections sorted unless their order counts. */
export function linesOf(picture: Picture, { ignored, ordered }: Pick<Picture, 'ignored' | 'ordered'>): string[] {
  const cares = (part: string) => !ignored.has(part);
  const head = [cares('head') ? picture.head : '*', ...(cares('flags') && picture.flags !== '' ? [picture.flags] : [])].join(' ');
  const print = (record: RR) => {
    const [owner, ttl, klass, type, ...data] = printRR(record).split('\t');
    return [owner, ...(cares('ttl') ? [ttl] : []), klass, type, ...(cares('data') ? [data.join(' ')] : [])].join(' ').trimEnd();
  };
  const sections = SECTIONS.filter(cares).flatMap((section) => {
    const lines = picture.records[section].map((record) => `${section} ${print(record)}`);
    return ordered ? lines : lines.sort();
  });
  return [
    head, ...(cares('question') && picture.question !== '' ? [picture.question] : []), ...(cares('edns') ? picture.edns : []),
    ...(cares('ede') ? picture.ede : []), ...(cares('tsig') ? picture.tsig : []), ...sections,
  ];
}
