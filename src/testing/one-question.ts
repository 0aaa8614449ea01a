// One question over UDP and what came of it, in short. Knows messages; knows no server.
import { OPTION, readExtendedError } from '../dns/edns-options.ts';
import { decodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import { typeByName } from '../dns/type-name.ts';
import { overUdp } from './udp-question.ts';

/** A reply: records as text. */
export interface ShortReply {
  readonly rcode: string;
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** The code of an Extended DNS Error. */
  readonly ede: number | undefined;
}

/** Asks until there is a reply. */
export async function askOnce(port: number, name: string, type: string): Promise<ShortReply> {
  const number = Buffer.alloc(2);
  number.writeUInt16BE(typeByName(type)!);
  const packet = Buffer.concat([
    Buffer.from('123401000001000000000001', 'hex'), Name.parse(name).octets, number, Buffer.from('0001', 'hex'),
    Buffer.from('0000291000000000000000', 'hex'),
  ]);
  const { rcode, answer, authority, additional, edns } = decodeMessage(await overUdp(port, packet));
  const error = edns?.options.find(({ code }) => code === OPTION.EDE);
  const texts = (records: typeof answer) => records.map((each) => printRR(each).replaceAll('\t', ' '));
  return {
    rcode: rcodeName(rcode), answer: texts(answer), authority: texts(authority), additional: texts(additional),
    ede: error === undefined ? undefined : readExtendedError(error).infoCode,
  };
}
