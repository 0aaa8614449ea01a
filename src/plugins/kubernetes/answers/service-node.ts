// A service as records: addresses of its own or of its endpoints, what it is another name for, SRV records with what belongs beside them
// (K8S-6 to K8S-11). Knows how services lie in the store; looks up nothing.
import type { Node } from '../../../authority/backend.ts';
import { ADDITIONAL, address, answerAddress } from '../../../authority/records.ts';
import type { Asked, Place } from '../../../authority/served-zones.ts';
import { Name } from '../../../dns/name.ts';
import { ZoneRecords } from '../../../authority/zone-records.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { Message } from '../../../kernel/query/message.ts';
import { hasEndpoints } from '../cluster/endpoints.ts';
import { ADDRESSES, EXTERNAL_NAME, HEAD, HEADLESS, PORTS, SERVICE, SIZE, afterExternal, afterPort, endpointName, le16, serviceExternals,
  serviceName, servicePorts, textAt } from '../cluster/layout.ts';
import { countPorts, hasProtocol, portMatches } from './match.ts';
import { latin1 } from '../cluster/wire-text.ts';
import { MeantEndpoints } from './meant-endpoints.ts';
import type { Parsed } from './question.ts';
import { weightOf, writeSrv, writeSrvTo } from './srv.ts';

/** What a question means of a service: nothing that owns records, its own addresses, endpoints, another name, endpoints that are names. */
const NOTHING = 0, OWN = 1, ENDPOINTS = 2, ALIAS = 3, NAMES = 4;

/** What a stanza says of its services. */
export interface ServiceRules {
  /** Seconds: of addresses, and of what leads to other names. */
  readonly ttl: number;
  readonly serviceTtl: number;
  /** Whether targets of SRV records are in lower case, zone and all. */
  readonly folded: boolean;
  readonly ignoreEmpty: boolean;
}

/** The service that a question means. One object is used for one question after the other. */
export class ServiceNode implements Node {
  readonly aliasTtl: number;
  readonly rules: ServiceRules;
  readonly #endpoints = new MeantEndpoints();
  #bytes!: Uint8Array;
  #at = 0;
  #parsed!: Parsed;
  #what = NOTHING;
  /** Where the name begins that it is another one for, behind its size; where names stand that SRV records lead to. */
  #alias = 0;
  /** Its addresses, and host names among them: where the first one is, how many there are, and how many of them are addresses. */
  #first = 0;
  #externals = 0;
  #addresses = 0;
  /** What was written since `find`, and the weight of SRV records; 0 before it is known. */
  readonly #written = new Set<string>();
  #weight = 0;
  /** Records before duplicates are left out: what weights are made of (LIB-11). */
  count = 0;

  constructor(rules: ServiceRules) {
    this.rules = rules;
    this.aliasTtl = rules.serviceTtl;
  }

  /**
   * Looks at the service whose bytes begin at `at`; false: the question means nothing that there is. `only`: which endpoints have the
   * name that is asked for, where that is known (`Endpoints.begin`).
   */
  find(asked: Asked, parsed: Parsed, bytes: Uint8Array, at: number, only?: Int32Array): boolean {
    const flags = bytes[at]!;
    if ((flags & SERVICE) === 0) return false;
    this.#set(parsed, bytes, at);
    const headless = (flags & HEADLESS) !== 0;
    if ((flags & EXTERNAL_NAME) !== 0) {
      this.#what = ALIAS;
      this.#alias = serviceName(bytes, at);
      return parsed.endpoint === 0 && parsed.portSize === 0 && parsed.protocolSize === 0 && parsed.zone === '';
    }
    if (parsed.zone !== '' && !headless) return false;
    if (!headless && this.rules.ignoreEmpty && !hasEndpoints(bytes, at)) return false;
    if (headless || parsed.endpoint !== 0) return this.#findEndpoints(asked, parsed, only);
    this.#what = OWN;
    this.#first = at + HEAD;
    this.#externals = this.#addresses = bytes[at + ADDRESSES]!;
    return this.#countAddresses(asked, parsed) > 0;
  }
  /**
   * The same for a zone of external names (KEXT-3): the service's external addresses are meant; where it has none but host names, the
   * first of these is what it is another name for. With `headless` the endpoints of one that has neither are.
   */
  findExternal(asked: Asked, parsed: Parsed, bytes: Uint8Array, at: number, headless: boolean, only?: Int32Array): boolean {
    if ((bytes[at]! & SERVICE) === 0) return false;
    this.#set(parsed, bytes, at);
    const externals = serviceExternals(bytes, at);
    this.#externals = le16(bytes, externals);
    this.#first = externals + 2;
    if (headless && this.#externals === 0 && ((bytes[at]! & HEADLESS) !== 0 || parsed.endpoint !== 0)) {
      return this.#findEndpoints(asked, parsed, only);
    }
    if (this.#externals === 0) return false;
    if (parsed.endpoint !== 0) return this.#isAbovePort(asked, parsed);
    this.#addresses = 0;
    for (let left = this.#externals, each = this.#first; left > 0; left--, each = afterExternal(bytes, each)) {
      if (bytes[each] !== 0) this.#addresses++;
    }
    this.#what = this.#addresses === 0 && parsed.portSize === 0 && parsed.protocolSize === 0 ? ALIAS : OWN;
    this.#alias = this.#first + 1;
    return this.#countAddresses(asked, parsed) > 0;
  }
  #set(parsed: Parsed, bytes: Uint8Array, at: number): void {
    this.#parsed = parsed;
    this.#bytes = bytes;
    this.#at = at;
    this.#what = NOTHING;
    if (this.#written.size > 0) this.#written.clear();
    this.#weight = 0;
    this.count = 0;
  }
  /** Whether SRV records lead to host names elsewhere. */
  get leadsOutside(): boolean {
    return this.#what === OWN && this.#externals > this.#addresses;
  }
  /** Whether endpoints were found that have addresses. */
  get isOfEndpoints(): boolean {
    return this.#what === ENDPOINTS;
  }
  /** Of what was found these endpoints alone are written from now on, and nothing that was written before. */
  restrict(only: Int32Array): void {
    this.#endpoints.restrict(only);
  }
  /** Sets `count`; how many ports are meant. */
  #countAddresses(asked: Asked, parsed: Parsed): number {
    const bytes = this.#bytes;
    const ports = countPorts(asked.bytes, parsed, bytes, servicePorts(bytes, this.#at), le16(bytes, this.#at + PORTS));
    // One that has no address yet exists all the same.
    this.count = ports * Math.max(1, this.#externals);
    return ports;
  }
  #findEndpoints(asked: Asked, parsed: Parsed, only: Int32Array | undefined): boolean {
    const endpoints = this.#endpoints;
    this.count = endpoints.find(asked, parsed, this.#bytes, this.#at, only);
    this.#alias = endpoints.name;
    this.#what = this.count === 0 ? NOTHING : endpoints.areNames ? NAMES : ENDPOINTS;
    // A name of a topology zone exists whatever is in the zone (K8S-10).
    return this.count > 0 || parsed.zone !== '' || this.#isAbovePort(asked, parsed);
  }
  /** Whether the name is `_protocol.service`, and there are names of ports below it (RFC 8020). */
  #isAbovePort({ bytes }: Asked, { endpoint }: Parsed): boolean {
    return endpoint !== 0 && bytes[endpoint + 1] === 0x5f && hasProtocol(bytes, endpoint + 2, bytes[endpoint]! - 1, this.#bytes, this.#at);
  }
  alias(type: number): Name | undefined {
    // As CoreDNS: SRV records of endpoints that are names lead there at once.
    if (this.#what !== ALIAS && (this.#what !== NAMES || type === TYPE.SRV)) return undefined;
    return Name.wire(textAt(this.#bytes, this.#alias));
  }
  write(type: number, reply: Message, asked: Asked, place: Place): void {
    if (this.#what === NOTHING) return;
    if (type === TYPE.SRV) {
      this.#writeServices(reply, asked, place);
      return;
    }
    if (this.#what > ENDPOINTS || (type !== TYPE.A && type !== TYPE.AAAA)) return;
    const size = type === TYPE.A ? 4 : 16;
    if (this.#what === ENDPOINTS) this.#writeEndpoints(size, reply, asked);
    else this.#writeAddresses(size, reply);
    reply.plain = reply.length + (reply.length - asked.questionEnd) / (12 + size) * (asked.nameLength - 2);
  }
  #writeAddresses(size: number, reply: Message): void {
    const bytes = this.#bytes;
    let at = this.#first;
    for (let left = this.#externals; left > 0; left--, at = afterExternal(bytes, at)) {
      if (bytes[at] === size && !answerAddress(reply, this.rules.ttl, bytes, at + 1, size)) return;
    }
  }
  #writeEndpoints(size: number, reply: Message, asked: Asked): void {
    const bytes = this.#bytes;
    const { ttl } = this.rules;
    const written = this.#written;
    const { marked } = this.#endpoints;
    // Marks of duplicates hold where all endpoints are meant; else the first of two may be left out.
    const byte = marked ? 0xff : SIZE;
    const endpoints = this.#endpoints;
    endpoints.begin();
    for (let at = endpoints.next(asked); at !== 0; at = endpoints.next(asked)) {
      if ((bytes[at]! & byte) !== size || (!marked && isSecond(written, latin1(bytes, at + 1, size)))) continue;
      if (!answerAddress(reply, ttl, bytes, at + 1, size)) return;
    }
  }

  #writeServices(reply: Message, asked: Asked, place: Place): void {
    this.#weight ||= weightOf(this.#what !== OWN && this.#endpoints.areDual ? this.#endpoints.countTargets(asked, place) : this.count);
    // A transfer has nothing beside.
    const beside: Beside[] | undefined = reply instanceof ZoneRecords ? undefined : [];
    if (this.#what === OWN) this.#writeOwnServices(reply, asked, place, beside);
    else this.#writeEndpointServices(reply, asked, place, beside);
    for (const { target, bytes, at, size } of beside ?? []) {
      if (!address(reply, ADDITIONAL, target, this.rules.ttl, bytes, at, size)) return;
    }
  }
  #writeOwnServices(reply: Message, asked: Asked, place: Place, beside: Beside[] | undefined): void {
    const bytes = this.#bytes;
    const { serviceTtl: ttl } = this.rules;
    let port = servicePorts(bytes, this.#at);
    let target = 0;
    const ports = le16(bytes, this.#at + PORTS);
    for (let left = ports; left > 0; left--, port = afterPort(bytes, port)) {
      const number = le16(bytes, port);
      if (bytes[port + 2] === 1 || !portMatches(asked.bytes, this.#parsed, bytes, port)) continue;
      if (ports > 1 && isSecond(this.#written, `${number}`)) continue;
      if (this.#addresses > 0) {
        const at = this.#srv(reply, asked, place, number, '');
        if (at < 0) return;
        target ||= at;
      }
      let each = this.#first;
      for (let n = this.#addresses < this.#externals ? this.#externals : 0; n > 0; n--, each = afterExternal(bytes, each)) {
        if (bytes[each] !== 0) continue;
        if (!writeSrvTo(reply, ttl, this.#weight, number, textAt(bytes, each + 1))) return;
      }
    }
    if (target === 0 || beside === undefined) return;
    let at = this.#first;
    for (let left = this.#externals; left > 0; left--, at = afterExternal(bytes, at)) {
      if (bytes[at] !== 0) beside.push({ target, bytes, at: at + 1, size: bytes[at]! });
    }
  }
  #writeEndpointServices(reply: Message, asked: Asked, place: Place, beside: Beside[] | undefined): void {
    const bytes = this.#bytes;
    const endpoints = this.#endpoints;
    const targets = beside === undefined ? undefined : new Map<string, number>();
    // One port of one endpoint is written once.
    const written = this.count > 1 ? this.#written : undefined;
    endpoints.begin();
    for (let at = endpoints.next(asked); at !== 0; at = endpoints.next(asked)) {
      const prefix = endpoints.targetOf(place);
      if (prefix === '') continue;
      const size = bytes[at]! & SIZE;
      for (let port = endpoints.firstPort, left = endpoints.portCount; left > 0; left--, port = afterPort(bytes, port)) {
        if (bytes[port + 2] === 1 || !portMatches(asked.bytes, this.#parsed, bytes, port)) continue;
        const number = le16(bytes, port);
        if (written === undefined || !isSecond(written, `${number} ${prefix}`)) {
          if (size === 0) {
            if (this.#writeNamed(reply, number, textAt(bytes, endpointName(bytes, at)))) continue;
            return;
          }
          const target = this.#srv(reply, asked, place, number, prefix);
          if (target < 0) return;
          if (targets?.has(prefix) === false) targets.set(prefix, target);
        }
        const target = size === 0 ? undefined : targets?.get(prefix);
        if (beside !== undefined && target !== undefined && !isSecond(this.#written, `${latin1(bytes, at + 1, size)}/${prefix}`)) {
          beside.push({ target, bytes, at: at + 1, size });
        }
      }
    }
  }
  /** SRV to an endpoint that is a name, once. False where the message is full. */
  #writeNamed(reply: Message, port: number, name: string): boolean {
    return isSecond(this.#written, `${port}>${name}`) || writeSrvTo(reply, this.rules.serviceTtl, this.#weight, port, name);
  }
  /** One SRV record: the offset of its target, -1 where the message is full. */
  #srv(reply: Message, asked: Asked, place: Place, port: number, prefix: string): number {
    const { serviceTtl: ttl, folded } = this.rules;
    return writeSrv(reply, asked, place, { ttl, weight: this.#weight, port, prefix, from: this.#parsed.service, folded });
  }
}

interface Beside {
  readonly target: number;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly size: number;
}

/** Whether the text was there before; it is from now on. */
function isSecond(seen: Set<string>, text: string): boolean {
  if (seen.has(text)) return true;
  seen.add(text);
  return false;
}
