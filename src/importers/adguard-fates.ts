// Settings of AdGuard Home that have no counterpart, with the reason. Knows names alone.

const LOST: Readonly<Record<string, string>> = {
  safe_search: 'no search is made safe', safebrowsing_enabled: 'nobody is asked whether a name is harmful',
    parental_enabled: 'nobody is asked what a name is about',
  blocked_services: 'services have no lists here: name one', blocked_hosts: 'such names are for lists',
    fallback_dns: 'see forward { policy sequential }',
  upstream_dns_file: 'its lines can be upstream_dns', ratelimit: 'see ratelimit', use_dns64: 'see dns64', dns64_prefixes: 'see dns64',
  bogus_nxdomain: 'see rpz, with rpz-ip', enable_dnssec: 'see recursive', edns_client_subnet: 'see rewrite edns0 subnet',
    tls: 'see tls and https',
  dhcp: 'DHCP is no matter of this server', local_ptr_upstreams: 'write a block for the reverse zones',
    use_private_ptr_resolvers: 'write a block for the reverse zones',
  rewrites_enabled: 'rewrites are always on', filtering_rules: 'see user_rules',
};
/** Why a setting would change answers; undefined where it would not. */
export const lostReason = (key: string): string | undefined => (Object.hasOwn(LOST, key) ? LOST[key] : undefined);
/** Why it does not. */
export function idleReason(key: string): string {
  if (/^(?:http|users|auth|language|theme|web|session|block_auth)/.test(key)) return 'there is no web interface';
  if (/log|stat|anonymize|interval/.test(key)) return 'log and prometheus tell what happens';
  if (/^(?:os|user|group|rlimit)/.test(key)) return 'the service manager says it';
  return 'it changes no answer, or is off';
}
