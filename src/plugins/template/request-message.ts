// `.Message` and `.Question` of templates: a request under the names that Go's DNS library gives its parts. Knows decoded messages;
// knows nothing of answers.
import { printAddress } from '../../dns/address.ts';
import { OPTION, readClientSubnet } from '../../dns/edns-options.ts';
import type { Name } from '../../dns/name.ts';
import { encodeEdns } from '../../dns/opt.ts';
import type { Edns, EdnsOption } from '../../dns/opt.ts';
import { AA, AD, CD, QR, RA, RD, TC, Z } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { opcodeName, rcodeName } from '../../dns/rcode.ts';
import { printRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { className, typeName } from '../../dns/type-name.ts';
import { plainLength } from '../../dns/message.ts';

/** `.Question`: the name is in the client's spelling. */
export class Question {
  readonly Name: string;
  readonly Qtype: number;
  readonly Qclass: number;

  constructor(name: Name, type: number, klass: number) {
    this.Name = name.text;
    this.Qtype = type;
    this.Qclass = klass;
  }
  String(): string {
    return `;${this.Name}\t${className(this.Qclass)}\t ${typeName(this.Qtype)}`;
  }
  toString(): string {
    return this.String();
  }
}

/** What stands before a record's data. */
class Header {
  readonly Name: string;
  readonly Rrtype: number;
  readonly Class: number;
  readonly Ttl: number;
  readonly Rdlength: number;

  constructor(name: string, type: number, klass: number, ttl: number, length: number) {
    this.Name = name;
    this.Rrtype = type;
    this.Class = klass;
    this.Ttl = ttl;
    this.Rdlength = length;
  }
}
/** A record of the request. */
class RequestRecord {
  readonly Hdr: Header;
  readonly #text: string;

  constructor(record: RR) {
    this.Hdr = new Header(record.name.text, record.type, record.class, record.ttl, record.rdata.length);
    this.#text = printRR(record);
  }
  Header(): Header {
    return this.Hdr;
  }
  String(): string {
    return this.#text;
  }
  toString(): string {
    return this.#text;
  }
}

/** An EDNS option: a client's network has its parts, others their octets. */
class RequestOption {
  readonly Code: number;
  readonly #text: string;
  readonly Data: Uint8Array;
  readonly Family: number = 0;
  readonly SourceNetmask: number = 0;
  readonly SourceScope: number = 0;
  readonly Address: string = '';

  constructor({ code, data }: EdnsOption) {
    this.Code = code;
    this.Data = data;
    if (code !== OPTION.ECS) {
      this.#text = Buffer.from(data).toString('hex');
      return;
    }
    const { address, source, scope } = readClientSubnet({ code, data });
    this.Family = address.length === 0 ? 0 : address.length === 4 ? 1 : 2;
    this.SourceNetmask = source;
    this.SourceScope = scope;
    this.Address = address.length === 0 ? '<nil>' : printAddress(address);
    this.#text = `${this.Address}/${source}/${scope}`;
  }
  Option(): number {
    return this.Code;
  }
  String(): string {
    return this.#text;
  }
  toString(): string {
    return this.#text;
  }
}

/** The request's OPT, the last record of its additional section. */
class RequestOpt {
  readonly Hdr: Header;
  readonly Option: readonly RequestOption[];
  readonly #edns: Edns;

  constructor(edns: Edns) {
    const ttl = edns.extendedRcode * 0x1000000 + edns.version * 0x10000 + (edns.dnssecOk ? 0x8000 : 0) + edns.z;
    this.Hdr = new Header('.', 41, edns.udpSize, ttl, encodeEdns(edns).length - 11);
    this.Option = edns.options.map((option) => new RequestOption(option));
    this.#edns = edns;
  }
  Header(): Header {
    return this.Hdr;
  }
  Do(): boolean {
    return this.#edns.dnssecOk;
  }
  UDPSize(): number {
    return this.#edns.udpSize;
  }
  Version(): number {
    return this.#edns.version;
  }
  ExtendedRcode(): number {
    return this.#edns.extendedRcode << 4;
  }
  String(): string {
    const flags = this.#edns.dnssecOk ? 'do' : '';
    return `\n;; OPT PSEUDOSECTION:\n; EDNS: version ${this.#edns.version}; flags: ${flags}; udp: ${this.#edns.udpSize}`;
  }
  toString(): string {
    return this.String();
  }
}

/** `.Message`: the request as the plugins before have left it. */
export class RequestMessage {
  readonly #parts: Parts;
  readonly Id: number;
  readonly Opcode: number;
  readonly Rcode: number;
  readonly Compress = false;
  readonly Question: readonly Question[];
  readonly Answer: readonly RequestRecord[];
  readonly Ns: readonly RequestRecord[];
  readonly Extra: readonly (RequestRecord | RequestOpt)[];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.Id = parts.id;
    this.Opcode = parts.opcode;
    this.Rcode = parts.rcode;
    this.Question = parts.question === undefined ? [] : [new Question(parts.question.name, parts.question.type, parts.question.class)];
    this.Answer = parts.answer.map((record) => new RequestRecord(record));
    this.Ns = parts.authority.map((record) => new RequestRecord(record));
    const additional = parts.additional.map((record) => new RequestRecord(record));
    this.Extra = parts.edns === undefined ? additional : [...additional, new RequestOpt(parts.edns)];
  }
  #has(flag: number): boolean {
    return (this.#parts.flags & flag) !== 0;
  }
  get Response(): boolean {
    return this.#has(QR);
  }
  get Authoritative(): boolean {
    return this.#has(AA);
  }
  get Truncated(): boolean {
    return this.#has(TC);
  }
  get RecursionDesired(): boolean {
    return this.#has(RD);
  }
  get RecursionAvailable(): boolean {
    return this.#has(RA);
  }
  get Zero(): boolean {
    return this.#has(Z);
  }
  get AuthenticatedData(): boolean {
    return this.#has(AD);
  }
  get CheckingDisabled(): boolean {
    return this.#has(CD);
  }
  /** The OPT, nil where the client sent none. */
  IsEdns0(): RequestOpt | undefined {
    const last = this.Extra.at(-1);
    return last instanceof RequestOpt ? last : undefined;
  }
  Len(): number {
    return plainLength(this.#parts);
  }
  String(): string {
    const { opcode, rcode, id } = this.#parts;
    const flags = [[QR, 'qr'], [AA, 'aa'], [TC, 'tc'], [RD, 'rd'], [RA, 'ra'], [Z, 'z'], [AD, 'ad'], [CD, 'cd']] as const;
    const head = `;; opcode: ${opcodeName(opcode)}, status: ${rcodeName(rcode)}, id: ${id}`;
    const set = flags.filter(([flag]) => this.#has(flag)).map(([, name]) => ` ${name}`).join('');
    const sections = `ANSWER: ${this.Answer.length}, AUTHORITY: ${this.Ns.length}, ADDITIONAL: ${this.Extra.length}`;
    const counts = `QUERY: ${this.Question.length}, ${sections}`;
    const questions = this.Question.map((question) => `\n;; QUESTION SECTION:\n${question.String()}\n`).join('');
    return `${head}\n;; flags:${set}; ${counts}\n${questions}`;
  }
  toString(): string {
    return this.String();
  }
}
