// A policy engine that asks decision points of Themis (ecosystem 5.3): what is told of a question and of its answer, and what becomes of
// what they say. Knows attributes and effects; how points are reached is theirs.
import { parseAddress } from '../../dns/address.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { typeName } from '../../dns/type-name.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Decision, Facts, PolicyEngine } from '../../policy/engine.ts';
import type { Keeper } from '../../policy/keeper.ts';
import { readRedirection } from '../../policy/redirection.ts';
import { EFFECT, attribute, readResponse, requestOf } from './attributes.ts';
import type { PdpResponse } from './attributes.ts';
import type { ThemisLine } from './config.ts';
import { PointError } from './point.ts';
import type { DecisionPoint } from './point.ts';

const METHOD = '/service.PDP/Validate';

/** One engine in one thread. */
export class ThemisEngine implements PolicyEngine {
  readonly plugin = 'themis';
  readonly name: string;
  readonly #line: ThemisLine;
  #points: readonly DecisionPoint[] = [];
  #keeper!: Keeper<PdpResponse>;
  #clock!: Clock;
  #log!: Log;
  #next = 0;

  constructor(line: ThemisLine) {
    this.#line = line;
    this.name = line.name;
  }
  start(points: readonly DecisionPoint[], keeper: Keeper<PdpResponse>, clock: Clock, log: Log): void {
    this.#points = points;
    this.#keeper = keeper;
    this.#clock = clock;
    this.#log = log;
  }

  decide(facts: Facts): Decision | undefined | Promise<Decision | undefined> {
    const attributes = facts.isAnswered ? this.#ofAnswer(facts) : this.#ofQuestion(facts);
    if (attributes === undefined) return undefined;
    const request = requestOf(attributes);
    const { mostRequest } = this.#line;
    if (request.length > mostRequest) throw new Error(`the request has ${request.length} octets: more than ${mostRequest}`);
    const response = this.#keeper.decide(request.toString('latin1'), facts.query.received, () => this.#ask(request));
    return response instanceof Promise ? response.then((late) => this.#decided(facts, late)) : this.#decided(facts, response);
  }
  #ofQuestion(facts: Facts): readonly Buffer[] {
    const { query } = facts;
    const name = facts.value('name');
    const told = new Map<string, Buffer>([
      ['type', attribute('type', 'string', 'query')],
      ['domain_name', attribute('domain_name', 'domain', name.length > 1 ? name.slice(0, -1) : name)],
      ['dns_qtype', attribute('dns_qtype', 'string', query.type.toString(16))],
    ]);
    const { bytes, clientAt, clientLength } = query;
    told.set('source_ip', attribute('source_ip', 'address', bytes.slice(clientAt, clientAt + clientLength)));
    for (const { name: called, label, kind } of this.#line.attributes) {
      const value = facts.value(label);
      if (value === '') continue;
      const address = kind === 'address' ? addressOf(value) : value;
      // A label that is no address is none that could be told.
      if (address !== undefined) told.set(called, attribute(called, kind, address));
    }
    return [...told.values()];
  }
  /** Nothing is asked about an answer without addresses. */
  #ofAnswer(facts: Facts): readonly Buffer[] | undefined {
    const address = addressOf(facts.value('response_ip'));
    if (address === undefined) return undefined;
    const carried = (facts.kept.get(this) as readonly Buffer[] | undefined) ?? [];
    return [attribute('type', 'string', 'response'), attribute('address', 'address', address), ...carried];
  }

  /** One point after the other, until one answers or the time is over. */
  async #ask(request: Buffer): Promise<PdpResponse> {
    const { hotSpot, timeout, mostObligations } = this.#line;
    const until = this.#clock.monotonic() + timeout;
    const { length } = this.#points;
    const first = this.#next;
    if (!hotSpot) this.#next = (first + 1) % length;
    for (let i = 0; ; i++) {
      const at = (first + i) % length;
      try {
        const body = await this.#points[at]!.call(METHOD, request, until - this.#clock.monotonic());
        return readResponse(body, mostObligations);
      } catch (error) {
        const isLast = i + 1 === length || this.#clock.monotonic() >= until;
        if (!(error instanceof PointError) || !error.elsewhere || isLast) throw error;
        // From now on the next one is asked first.
        if (hotSpot) this.#next = (at + 1) % length;
      }
    }
  }
  #decided(facts: Facts, response: PdpResponse | undefined): Decision | undefined {
    if (response === undefined) return undefined;
    const { effect, status, obligations } = response;
    const { transfer, log, onError } = this.#line;
    if (response === FAILED) return onError === undefined ? undefined : { action: onError };
    if (log) {
      const { clientAddress, name: asked, type } = facts.query;
      const said = obligations.map(({ name, text = '...' }) => ` ${name}=${text}`).join('');
      this.#log.info(`${this.name}: ${clientAddress} ${asked.text} ${typeName(type)}: effect ${effect} "${status}"${said}`);
    }
    facts.kept.set(this, obligations.filter(({ name }) => transfer.includes(name)).map(({ bytes }) => bytes));
    if (effect === EFFECT.permit) return { action: 'allow' };
    return effect === EFFECT.deny ? denial(response) : undefined;
  }
}
/** What stands for a response where none can be had and the line says what is done then. */
export const FAILED: PdpResponse = { effect: -1, status: '', obligations: [] };

/** Deny blocks, unless an obligation says otherwise; the last one that does counts. */
function denial({ status, obligations }: PdpResponse): Decision {
  let decision: Decision = { action: 'block', reason: status };
  for (const { name, text = '' } of obligations) {
    if (name === 'refuse' || name === 'drop') decision = { action: name, reason: status };
    const redirect = name === 'redirect_to' ? readRedirection(text) : undefined;
    if (redirect !== undefined) decision = { action: 'redirect', redirect, reason: status };
  }
  return decision;
}
function addressOf(text: string): Uint8Array | undefined {
  return parseAddress(text.startsWith('[') ? text.slice(1, -1) : text);
}
