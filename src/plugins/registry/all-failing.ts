// Services of which no instance is up and some fail their checks: those are answered all the same, since a check that fails everywhere says
// more of the check than of them. Knows messages and instances; where a service's others are found it is handed.
import type { Found } from '../../skydns/found.ts';
import type { Service } from '../../skydns/message.ts';
import { readKept } from './instances.ts';
import type { InstanceSpec } from './instances.ts';

/** What is under a key, its failing instances answered where that is so. `all` finds everything below a service. */
export async function answerFailing(found: Found, key: string, all: (service: string) => Promise<Found>): Promise<Found> {
  const others = new Map<string, Found>();
  for (const service of servicesOf(failingIn(found), key)) others.set(service, await all(service));
  return failingAnswered(found, key, (service) => others.get(service)!);
}
/** The same where all is at hand. */
export function failingAnswered(found: Found, key: string, all: (service: string) => Found): Found {
  const failing = failingIn(found);
  if (failing.size === 0) return found;
  const asked = new Set(servicesOf(failing, key));
  const alone = new Set<string>();
  for (const service of new Set([...failing.keys()].map(above))) {
    const { services } = asked.has(service) ? all(service) : found;
    if (!services.some((each) => above(above(each.key)) === service && keptOf(each, 'up') !== undefined)) alone.add(service);
  }
  if (alone.size === 0) return found;
  const services = found.services.map((each) => {
    const instance = above(each.key);
    const spec = alone.has(above(instance)) ? failing.get(instance) : undefined;
    return spec === undefined ? each : answered(each, spec);
  });
  return { ...found, services, note: 'all instances fail their checks' };
}
/** The instances that fail, by their keys. */
function failingIn({ services }: Found): ReadonlyMap<string, InstanceSpec> {
  const failing = new Map<string, InstanceSpec>();
  for (const service of services) {
    const kept = keptOf(service, 'failing');
    if (kept !== undefined) failing.set(service.key.slice(0, -2), kept.instance);
  }
  return failing;
}
/** Services of them whose other instances are not below the key: what is asked for may be one instance, and the others decide too. */
const servicesOf = (failing: ReadonlyMap<string, InstanceSpec>, key: string): readonly string[] =>
  [...new Set([...failing.keys()].map(above))].filter((service) => service.length < key.length);
const above = (key: string): string => key.slice(0, key.lastIndexOf('/'));
/** The instance that a message is the first of, where that is in a state. */
function keptOf({ key, coredns }: Service, state: 'up' | 'failing') {
  // Most messages say nothing of that, and are not looked at closely.
  if (!key.endsWith('/1') || (coredns as { readonly state?: unknown } | undefined)?.state !== state) return undefined;
  return readKept(coredns);
}
/** A message as it would be if the instance were up. */
function answered(service: Service, { addresses }: InstanceSpec): Service {
  const number = Number(service.key.slice(service.key.lastIndexOf('/') + 1));
  const host = addresses[number - 1];
  if (host === undefined) return service;
  const kept = number === 1 ? readKept(service.coredns) : undefined;
  return { ...service, host, coredns: kept === undefined ? service.coredns : { ...kept, state: 'up' } };
}
