// Whether a proof can be seen from elsewhere: asks a resolver until it can. Knows a resolver and time; knows no order.
import { Resolver, lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { joinHostPort, splitHostPort } from '../../../dns/host-port.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { pause } from './pause.ts';

/** Milliseconds in which it should be seen, between questions, and that an answer may take. */
const PATIENCE = 120_000, BETWEEN = 2000, ANSWER = 3000;

/** Resolves with whether the resolver at this address gives this text of that name, as soon as it does. */
export async function isVisible(resolver: string, name: string, text: string, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const asked = new Resolver({ timeout: ANSWER, tries: 1 });
  const { host, port } = splitHostPort(resolver);
  const { address } = isIP(host) === 0 ? await lookup(host) : { address: host };
  asked.setServers([joinHostPort(address, port)]);
  const began = clock.monotonic();
  do {
    const found = await asked.resolveTxt(name).catch(() => []);
    if (found.some((parts) => parts.join('') === text)) return true;
    await pause(clock, BETWEEN, signal);
  } while (clock.monotonic() - began < PATIENCE);
  return false;
}
