// What becomes of settings of Unbound that nothing here obeys, with the reason. Knows names alone.
import { confName } from '../../plugins/unbound/conf-names.ts';
import type { Fate } from '../outcome.ts';

/** Why settings change no answer, by what their names are about; the first that fits counts. */
const IDLE: readonly (readonly [names: RegExp, reason: string])[] = [
  [/^(?:tls-cert-bundle|tls-system-cert|tls-win-cert|ssl-cert-bundle|tls-use-sni)$/, 'whom the system trusts is trusted'],
  [/log|verbosity|statistics|shm|ede/, 'log, errors and prometheus tell what happens'],
  [/cache|slabs|infra|prefetch-key|keep-missing/, 'what is kept is bounded by cache and recursive'],
  [/chroot|username|directory|pidfile|daemon|systemd/, 'the service manager says it'],
  [/identity|version|trustanchor|user-agent|nsid/, 'chaos and nsid say who answers, where they stand'],
  [/thread|queries-per|jostle|wait|delay|discard|quota/, 'threads and queues are this server\'s own matter'],
  [/tcp|udp|so-|ip-|edns|buffer|stream|sock|interface|port|range|outgoing|incoming|tls-|http|quic|rtt|dscp/,
    'sockets are this server\'s own matter'],
  [/^(?:harden|val|root-key|trust-anchor-sig|iter|qname|aggressive|max-query|zonemd|module)/, 'recursive has its own defences'],
  [/^(?:target-fetch|use-caps|outbound|do-not-query|unwanted|disable-dnssec)/, 'recursive has its own defences'],
  [/fast-server|low-rtt|prefer|rrset|minimal-responses|neg-|msg-|add-holddown/, 'recursive decides that by itself'],
  [/del-holddown|permit-small|deny-any|ratelimit-s|insecure-lan|fake/, 'recursive decides that by itself'],
];
const LOST: Readonly<Record<string, string>> = {
  'access-control-tag': 'there are no tags', 'access-control-tag-action': 'there are no tags',
    'access-control-tag-data': 'there are no tags',
  'define-tag': 'there are no tags', 'local-zone-tag': 'there are no tags', tags: 'there are no tags',
  'local-zone-override': 'zones are the same for all clients of a view',
  'response-ip': 'write a response policy zone: see rpz', 'response-ip-data': 'write a response policy zone: see rpz',
  'unblock-lan-zones': 'names of private networks are answered here',
    'val-permissive-mode': 'what is bogus is no answer: see recursive { insecure }',
  'disable-edns-do': 'signatures are asked for', 'edns-client-string': 'nothing is added to questions',
    'serve-original-ttl': 'TTLs are those that are left',
  'tls-service-key': 'write a block tls://, with tls', 'tls-service-pem': 'write a block tls://, with tls',
  'ssl-service-key': 'write a block tls://, with tls', 'ssl-service-pem': 'write a block tls://, with tls',
  ratelimit: 'see ratelimit', 'ip-ratelimit': 'see ratelimit', 'do-nat64': 'addresses of servers are not translated: see unbound',
  'dns64-synthall': 'see dns64 { translate_all }', 'dns64-ignore-aaaa': 'see dns64 { exclude }',
    'tls-upstream': 'say it in each forward-zone',
};

/** What becomes of a setting that nobody here obeys. */
export function fateOf(name: string, values: readonly string[]): Fate {
  const isOff = values.every((value) => value === 'no' || value === '0' || value === '');
  if (Object.hasOwn(LOST, name)) return isOff ? { idle: 'it is off' } : { lost: LOST[name]! };
  const known = confName(name);
  if (known === undefined) return { lost: 'there is no such setting' };
  if (typeof known.meaning === 'object' && !isOff) return { lost: known.meaning.refused.replaceAll('*', '') };
  const reason = IDLE.find(([names]) => names.test(name))?.[1];
  return reason === undefined ? { lost: 'nothing here does that' } : { idle: reason };
}
