// An UPDATE in the words of nsupdate: prerequisites, what is added and deleted. Knows RFC 2136's forms; knows no zone and no server.
import { encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { message } from '../dns/parts.ts';
import type { Parts } from '../dns/parts.ts';
import { OPCODE } from '../dns/rcode.ts';
import { parseRR, record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE, typeByName } from '../dns/type-name.ts';
import { readQuestionWords } from './question.ts';
import type { Asked } from './question.ts';

const NOTHING = new Uint8Array(0);
const ID = 0x2a2a;

/** Reads `ZONE [TYPE] [OPTION...] [: WORDS; WORDS...]`, options as those of a question. Throws Error. */
export function parseUpdate(text: string): Asked {
  const [head = '', ...rest] = text.split(' : ');
  const [zone = '', ...words] = head.trim().split(/\s+/);
  const type = typeByName(words[0] ?? '');
  const draft = readQuestionWords(type === undefined ? words : words.slice(1), 0);
  const question = { name: Name.parse(zone, Name.root), type: type ?? TYPE.SOA, class: draft.class };
  const edns = draft.edns === undefined ? undefined : { z: 0, extendedRcode: 0, ...draft.edns };
  const parts = message({ ...updateOf(rest.join(' : ').split(';')), id: ID, question, flags: draft.flags, edns });
  return { ...draft, question, edns, packet: encodeMessage(parts, { compress: false }) };
}

/** The sections of an UPDATE in words of nsupdate: `add NAME TTL TYPE DATA`, `delete NAME [TYPE [DATA]]`, `nxdomain NAME` and so on. */
export function updateOf(clauses: readonly string[]): Pick<Parts, 'opcode' | 'answer' | 'authority'> {
  const answer: RR[] = [];
  const authority: RR[] = [];
  for (const clause of clauses) {
    const [verb = '', name = '', ...data] = clause.trim().split(/\s+/);
    if (verb === '') continue;
    const owner = Name.parse(name, Name.root);
    const [type = 'ANY'] = data;
    const number = verb === 'add' ? 0 : typeByName(type);
    if (number === undefined) throw new Error(`"${type}" is no type`);
    const empty = (klass: number): RR => record(owner, number, klass, 0, NOTHING);
    const whole = (klass: number): RR => ({ ...read(`${name} 0 IN ${data.join(' ')}`), class: klass });
    if (verb === 'add') authority.push(read(`${name} ${data[0]} IN ${data.slice(1).join(' ')}`));
    else if (verb === 'delete') authority.push(data.length > 1 ? whole(CLASS.NONE) : empty(CLASS.ANY));
    else if (verb === 'nxdomain' || verb === 'nxrrset') answer.push(empty(CLASS.NONE));
    else if (verb === 'yxdomain') answer.push(empty(CLASS.ANY));
    else if (verb === 'yxrrset') answer.push(data.length > 1 ? whole(CLASS.IN) : empty(CLASS.ANY));
    else throw new Error(`"${verb}" is no word of an update`);
  }
  return { opcode: OPCODE.UPDATE, answer, authority };
}
function read(text: string): RR {
  const found = parseRR(text, { origin: Name.root });
  if (found === undefined) throw new Error(`"${text}" is no record`);
  return found;
}
