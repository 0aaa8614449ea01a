// What a policy said, as a decision: a text, as CoreDNS's external plugin has it, or an object that says more. Knows JSON; knows nobody who
// said it.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { ACTIONS } from '../../policy/engine.ts';
import type { Action, Decision } from '../../policy/engine.ts';
import { readRedirection } from '../../policy/redirection.ts';

/** Letters of a reason that are told on; seconds that a decision may say it holds. */
const LONGEST_REASON = 120, LONGEST_TTL = 86_400;

/** The decision; undefined where the rule has none. Throws Error for what is none. */
export function decisionOf(result: unknown): Decision | undefined {
  if (result === undefined) return undefined;
  if (typeof result === 'string') return { action: actionOf(result) };
  if (typeof result !== 'object' || result === null || Array.isArray(result)) throw new Error(`the result is ${said(result)}, no action`);
  const { action, ede, redirect, reason, ttl } = result as Readonly<Record<string, unknown>>;
  const decided = actionOf(action ?? (redirect === undefined ? undefined : 'redirect'));
  const decision = {
    action: decided, infoCode: codeOf(ede), ttl: ttlOf(ttl),
    reason: reason === undefined ? undefined : textOf('reason', reason).slice(0, LONGEST_REASON),
  };
  if (decided !== 'redirect') return decision;
  const text = Array.isArray(redirect) ? redirect.join(',') : textOf('redirect', redirect);
  const leads = readRedirection(text);
  if (leads === undefined) throw new Error(`redirect is ${said(redirect)}, neither a name nor addresses`);
  return { ...decision, redirect: leads };
}
const said = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 80);

function actionOf(action: unknown): Action {
  if (!(ACTIONS as readonly unknown[]).includes(action)) throw new Error(`the action is ${said(action)}, not one of ${ACTIONS.join(', ')}`);
  return action as Action;
}
/** A number of RFC 8914, or its name. */
function codeOf(ede: unknown): number | undefined {
  if (ede === undefined || ede === null) return undefined;
  const code = typeof ede === 'string' ? (INFO_CODE as Readonly<Record<string, number>>)[ede.toUpperCase().replaceAll(/[ -]/g, '_')] : ede;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 0 || code > 65535) throw new Error(`ede is ${said(ede)}, no info code`);
  return code;
}
function ttlOf(ttl: unknown): number | undefined {
  if (ttl === undefined || ttl === null) return undefined;
  if (typeof ttl !== 'number' || !(ttl >= 0)) throw new Error(`ttl is ${said(ttl)}, no number of seconds`);
  return Math.min(Math.floor(ttl), LONGEST_TTL);
}
function textOf(what: string, value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${what} is ${said(value)}, no text`);
  return value;
}

/** The decision in the body of a reply of OPA. Throws Error for what is none. */
export function decisionIn(status: number, body: Buffer): Decision | undefined {
  if (status !== 200) throw new Error(`status ${status}${status >= 300 && status < 400 ? ': a redirection is not followed' : ''}`);
  let reply: unknown;
  try {
    reply = JSON.parse(body.toString());
  } catch {
    throw new Error('the reply is no JSON');
  }
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply)) throw new Error('the reply is no JSON object');
  return decisionOf((reply as Readonly<Record<string, unknown>>)['result']);
}
