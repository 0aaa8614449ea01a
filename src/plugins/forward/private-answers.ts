// Takes private addresses out of answers for public names, so that nobody is led into his own network (rebinding), also where an alias
// leads to a name that may have them. Knows networks and replies; knows no upstream.
import { parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import type { Directive } from '../../corefile/directive.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { u16 } from '../../dns/packet.ts';
import { AD } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { PrivateAddresses } from '../../resolver/private-addresses.ts';

/** Networks that no public name leads to: RFC 1918, 3927, 4193, 4291, 6890. */
const USUAL = [
  '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '127.0.0.0/8', '0.0.0.0/8', 'fc00::/7', 'fe80::/10', '::1/128',
];

/** What a line says of private addresses. */
export class PrivateAnswers {
  readonly #addresses: PrivateAddresses;
  readonly #except: readonly Name[];
  constructor(networks: readonly CIDR[], except: readonly Name[]) {
    this.#addresses = new PrivateAddresses(networks, []);
    this.#except = except;
  }
  /** Reads `private [CIDR...] [except NAME...]`. Throws CorefileError. */
  static read(line: Directive): PrivateAnswers {
    const words = line.rest();
    const at = words.indexOf('except');
    const networks = at < 0 ? words : words.slice(0, at);
    const names = at < 0 ? [] : words.slice(at + 1);
    if (at >= 0 && names.length === 0) line.fail('private: names are missing behind except');
    return new PrivateAnswers((networks.length === 0 ? USUAL : networks).map((text) => parseCIDR(text)
      ?? line.fail(`private: '${text}' is no network`, 'private 10.0.0.0/8 192.168.0.0/16 except corp.example')), zonesOf(names, []).names);
  }

  /** The reply without them, and why it is so. Signatures of what is incomplete go with it. */
  cleanse(reply: Message, query: Query): Message {
    if (reply.answers === 0 || this.#except.some((name) => query.name.isUnder(name))) return reply;
    const { answer, additional } = reply.parts();
    const taken = [...answer, ...additional].filter((record) => this.#addresses.isIn(record));
    if (taken.length === 0) return reply;
    const stays = (record: RR): boolean => !taken.includes(record) && !taken.some(({ name, type }) =>
      record.type === TYPE.RRSIG && u16(record.rdata, 0) === type && record.name.equals(name));
    query.extendedError = { code: INFO_CODE.BLOCKED, text: 'a private address for a public name' };
    reply.with({ answer: answer.filter(stays), additional: additional.filter(stays) }).setFlags(0, AD);
    return reply;
  }
}
