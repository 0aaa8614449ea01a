// A reply from below as one that may be patched where it lies. Knows where an OPT belongs (RFC 6891 section 6.1.1); knows nothing of
// what is kept.
import type { Records } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { WireError } from '../../dns/wire-error.ts';
import type { Message } from '../../kernel/query/message.ts';

const isData = ({ type }: RR): boolean => type !== TYPE.OPT;
const isOdd = ({ opts, opt, additional }: Records): boolean => opts > 1 || (opts === 1 && opt < additional);

/**
 * Where the records of the reply lie. One with an OPT in another section, with several, or with counts that promise too much, is
 * written anew in its place before. Undefined where nobody can read it.
 */
export function soundRecords(message: Message): Records | undefined {
  const records = message.records();
  if (records !== undefined && !isOdd(records)) return records;
  try {
    const { answer, authority } = message.parts();
    return message.with({ answer: answer.filter(isData), authority: authority.filter(isData) }).records();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
