// One order of a certificate (RFC 8555 section 7.4): from the names to the chain, by way of the challenges. Knows what is said to the
// server and when; how a challenge is answered, and where the certificate goes, is others'.
import type { Clock } from '../../../kernel/clock.ts';
import { quoted } from '../../../wording/quote.ts';
import { pause } from './pause.ts';
import { problemOf, waitOf } from './refusal.ts';
import type { AcmeDocument, AcmeSession } from './session.ts';

/** A way to prove that a name is ours. */
export type ChallengeKind = 'dns-01' | 'tls-alpn-01';
/** What is to be seen at a name, until it is withdrawn. */
export interface Proof {
  /** Without the star of a wildcard. */
  readonly domain: string;
  readonly text: string;
}
/** What an order needs. */
export interface OrderParts {
  readonly session: AcmeSession;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly domains: readonly string[];
  readonly kind: ChallengeKind;
  /** The certificate that this one takes the place of (RFC 9773 section 5). */
  readonly replaces: string | undefined;
  /** The request for these names, as DER. */
  readonly request: () => Uint8Array;
  /** Shows proofs to everybody; resolves when they can be seen. */
  readonly show: (proofs: readonly Proof[]) => Promise<void>;
  readonly withdraw: () => Promise<void>;
}

/** Milliseconds that the server has to look at a proof, and to make the certificate; and between looks, the first and the longest. */
const PATIENCE = 300_000, FIRST_LOOK = 500, LONGEST_LOOK = 15_000;
/** Names that are proved at the same time are few; more than an order can have is no order. */
const MOST_AUTHORIZATIONS = 100;

/** Orders; gives the chain as PEM. Rejects with Error, AcmeRefusal where the server refused. */
export async function obtain(parts: OrderParts): Promise<string> {
  const { session, domains, request } = parts;
  const order = await newOrder(parts);
  const url = order.reply.field('location');
  if (url === undefined) throw new Error('the ACME server does not say where the order is');
  const authorizations = urls(order, 'authorizations');
  if (authorizations.length > MOST_AUTHORIZATIONS) throw new Error('the ACME server wants more proofs than there are names');
  await prove(parts, authorizations);
  const ready = await settled(parts, 'the order', url, ['ready', 'valid'], ['pending']);
  if (ready.body['status'] !== 'valid') {
    await session.say('the end of the order', text(ready, 'finalize'), { csr: Buffer.from(request()).toString('base64url') });
  }
  const valid = await settled(parts, `the certificate of ${domains[0]}`, url, ['valid'], ['ready', 'processing']);
  return await session.text('the certificate', text(valid, 'certificate'));
}
async function newOrder({ session, domains, replaces }: OrderParts): Promise<AcmeDocument> {
  const identifiers = domains.map((value) => ({ type: 'dns', value }));
  const plain = (): Promise<AcmeDocument> => session.create('the order', 'newOrder', { identifiers });
  if (replaces === undefined) return await plain();
  // A server may have forgotten the one before, or have let it be replaced already: then it is an order as any other.
  return await session.create('the order', 'newOrder', { identifiers, replaces }).catch((error: { readonly status?: number }) => {
    if (error.status === 429 || error.status === undefined) throw error;
    return plain();
  });
}

async function prove(parts: OrderParts, authorizations: readonly string[]): Promise<void> {
  const { session, kind } = parts;
  const open: { readonly url: string; readonly challenge: string; readonly proof: Proof }[] = [];
  for (const url of authorizations) {
    const { body } = await session.say('an authorization', url);
    if (body['status'] === 'valid') continue;
    const domain = String((body['identifier'] as { readonly value?: unknown } | undefined)?.value ?? '');
    const { challenge, token } = challengeOf(body, kind, domain);
    open.push({ url, challenge, proof: { domain, text: session.proof(token) } });
  }
  if (open.length === 0) return;
  const proofs = open.map(({ proof }) => proof);
  try {
    await parts.show(proofs);
    for (const { challenge } of open) await session.say('the challenge', challenge, {});
    for (const { url, proof } of open) await settled(parts, `the proof of ${proof.domain}`, url, ['valid'], ['pending', 'processing']);
  } finally {
    await parts.withdraw();
  }
}
function challengeOf(body: AcmeDocument['body'], kind: ChallengeKind, domain: string): { challenge: string; token: string } {
  const all = Array.isArray(body['challenges']) ? body['challenges'] as { readonly [key: string]: unknown }[] : [];
  const found = all.find((each) => each?.['type'] === kind);
  if (found === undefined) throw new Error(`the ACME server takes no ${kind} for ${quoted(domain.slice(0, 255))}`);
  const { url, token } = found;
  // A token is base64url (section 8.1): it goes into what we sign.
  if (typeof url !== 'string' || typeof token !== 'string' || !/^[A-Za-z0-9_-]{1,512}$/.test(token)) {
    throw new Error('the ACME server gives a challenge that is none');
  }
  return { challenge: url, token };
}

/** Looks again and again until a thing has one of these states. Rejects where it has none of `good` or `open`, or takes too long. */
async function settled(
  parts: OrderParts, what: string, url: string, good: readonly string[], open: readonly string[],
): Promise<AcmeDocument> {
  const { session, clock, signal } = parts;
  const began = clock.monotonic();
  for (let next = FIRST_LOOK; ; next = Math.min(LONGEST_LOOK, next * 2)) {
    const document = await session.say(what, url);
    const status = String(document.body['status']);
    if (good.includes(status)) return document;
    if (status === 'invalid') throw new Error(`${what}: ${problemIn(document)}`);
    if (!open.includes(status)) throw new Error(`${what}: it is ${quoted(status.slice(0, 40))}`);
    if (clock.monotonic() - began > PATIENCE) {
      throw new Error(`${what}: the ACME server does not decide within ${PATIENCE / 60_000} minutes`);
    }
    const asked = waitOf(document.reply, clock.wall()) ?? next;
    await pause(clock, Math.min(LONGEST_LOOK, Math.max(asked, FIRST_LOOK)), signal);
  }
}
/** Why it is invalid: an order says it itself, an authorization in the challenge that failed. */
function problemIn({ body }: AcmeDocument): string {
  const all = Array.isArray(body['challenges']) ? body['challenges'] as { readonly error?: unknown }[] : [];
  return problemOf(body['error'] ?? all.find((each) => each?.error !== undefined)?.error);
}

function text({ body }: AcmeDocument, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new Error(`the ACME server gives no ${quoted(name)}`);
  return value;
}
function urls({ body }: AcmeDocument, name: string): readonly string[] {
  const value = body[name];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new Error(`the ACME server gives no ${quoted(name)}`);
}
