// Which settings of unbound.conf there are, how many words each has, and what they are here: obeyed, without meaning, or not to be had. The
// table is the whole truth: what is not in it is no setting. Knows names; what obeying means is elsewhere.

/** What a name is here. A text says why it cannot be had. */
export type ConfMeaning = 'obeyed' | 'idle' | { readonly refused: string };
/** One name. */
export interface ConfName {
  readonly words: number;
  readonly meaning: ConfMeaning;
}

/** The clauses that there are, and what those are that cannot be had. */
export const CLAUSES: ReadonlyMap<string, ConfMeaning> = new Map<string, ConfMeaning>([
  ['server', 'obeyed'], ['stub-zone', 'obeyed'], ['forward-zone', 'obeyed'], ['remote-control', 'idle'],
  ['auth-zone', 'obeyed'], ['view', 'obeyed'],
  ['rpz', 'obeyed'], ['python', { refused: 'there is no Python here' }],
  ['dynlib', { refused: 'no library is loaded into the server' }], ['cachedb', { refused: 'not built yet: use *cache*' }],
  ['dnscrypt', { refused: 'DNSCrypt is not spoken' }], ['dnstap', { refused: 'use *dnstap*' }], ['ipset', { refused: 'not built' }],
]);

const OBEYED = `access-control:2 auto-trust-anchor-file add-holddown del-holddown keep-missing
  msg-cache-size rrset-cache-size cache-max-ttl cache-max-negative-ttl cache-min-ttl
  cache-min-negative-ttl do-ip4 do-ip6 do-not-query-address
  do-not-query-localhost domain-insecure harden-below-nxdomain harden-glue
  harden-unverified-glue iter-scrub-promiscuous iter-scrub-ns max-query-restarts minimal-responses
  module-config outbound-msg-retry prefetch private-address private-domain qname-minimisation qname-minimisation-strict
  root-hints tcp-upstream trust-anchor trust-anchor-file trusted-keys-file
  val-nsec3-keysize-iterations val-permissive-mode name stub-addr stub-host stub-first stub-prime stub-tcp-upstream forward-addr
  forward-host forward-first forward-tcp-upstream max-global-quota serve-expired serve-expired-ttl serve-expired-reply-ttl
  serve-expired-client-timeout serve-original-ttl do-nat64 nat64-prefix forward-no-cache stub-no-cache nsid
  edns-client-string:2 edns-client-string-opcode local-zone:2 local-data local-data-ptr unblock-lan-zones aggressive-nsec
  primary master allow-notify max-udp-size
  zonefile for-downstream for-upstream fallback-enabled zonemd-check zonemd-reject-absence zonemd-permissive-mode
  harden-dnssec-stripped root-key-sentinel trust-anchor-signaling disable-edns-do dns-error-reporting use-caps-for-id
  dns64-prefix dns64-synthall dns64-ignore-aaaa response-ip:2 response-ip-data:2
  view-first access-control-view:2 access-control-tag:2 access-control-tag-action:3 access-control-tag-data:3 define-tag local-zone-tag:2
  local-zone-override:3 identity version hide-identity hide-version
  rpz-action-override rpz-cname-override rpz-log rpz-log-name rpz-signal-nxdomain-ra tags`;
/** Where our ways are other ones: threads, buffers, sockets, files, what is logged, and defences that are always on. */
const IDLE = `verbosity statistics-interval statistics-cumulative extended-statistics num-threads port interface outgoing-interface
  outgoing-range outgoing-port-permit outgoing-port-avoid outgoing-num-tcp incoming-num-tcp edns-buffer-size
  stream-wait-size msg-buffer-size msg-cache-slabs num-queries-per-thread jostle-timeout delay-close so-rcvbuf so-sndbuf
  so-reuseport ip-transparent ip-freebind ip-dscp rrset-cache-slabs infra-cache-slabs infra-cache-numhosts infra-host-ttl
  infra-cache-min-rtt infra-cache-max-rtt infra-keep-probing do-udp do-tcp do-daemonize prefer-ip4 prefer-ip6 tcp-mss outgoing-tcp-mss
  tcp-idle-timeout max-reuse-tcp-queries tcp-reuse-timeout tcp-auth-query-timeout use-systemd chroot username directory logfile use-syslog
  log-identity log-time-ascii log-queries log-replies log-tag-queryreply log-local-actions log-servfail log-destaddr pidfile
  hide-trustanchor hide-http-user-agent target-fetch-policy harden-short-bufsize
  harden-large-queries harden-referral-path key-cache-size
  key-cache-slabs neg-cache-size rrset-roundrobin insecure-lan-zones 
  val-clean-additional val-log-level val-sig-skew-min val-sig-skew-max val-bogus-ttl val-max-restart
  fast-server-permil fast-server-num ratelimit-slabs ratelimit-size unwanted-reply-threshold disable-dnssec-lame-check
  iter-scrub-cname udp-connect edns-tcp-keepalive edns-tcp-keepalive-timeout
  discard-timeout wait-limit tls-service-key tls-service-pem tls-port tls-cert-bundle ede ede-serve-expired
  serve-expired-ttl-reset val-override-date deny-any additional-ssl-port additional-tls-port tls-additional-port tls-additional-ports
  fake-dsa fake-sha1 harden-algo-downgrade harden-unknown-additional prefetch-key permit-small-holddown http-endpoint http-max-streams
  http-nodelay http-notls-downstream http-query-buffer-size http-response-buffer-size https-port http-user-agent infra-cache-lame-size
  infra-lame-ttl interface-automatic interface-automatic-ports ip-address log-thread-id log-time-iso low-rtt low-rtt-pct low-rtt-permil
  max-sent-count quic-port quic-size shm-enable shm-key sock-queue-timeout ssl-cert-bundle ssl-port ssl-service-key ssl-service-pem
  statistics-inhibit-zero tcp-connection-limit:2 tls-ciphers tls-ciphersuites tls-protocols tls-session-ticket-keys tls-system-cert
  tls-use-sni tls-win-cert unknown-server-time-limit wait-limit-cookie max-transfer-size max-transfer-time`;
const REFUSED: readonly (readonly [names: string, why: string])[] = [
  ['stub-tls-upstream forward-tls-upstream', 'not built yet: use *forward* with tls://'], ['tls-upstream', 'not built yet'],
  ['url', 'zones are not fetched over HTTP: use a zonefile'],
  ['response-ip-tag', 'not built yet: rules are for all clients'],
  ['ratelimit ip-ratelimit', 'not built yet'],
];

const NAMES: ReadonlyMap<string, ConfName> = new Map([
  ...entries(OBEYED, 'obeyed'), ...entries(IDLE, 'idle'), ...REFUSED.flatMap(([names, refused]) => entries(names, { refused })),
]);
function entries(names: string, meaning: ConfMeaning): [string, ConfName][] {
  return names.trim().split(/\s+/).map((entry) => {
    const [name = '', words = '1'] = entry.split(':');
    return [name, { words: Number(words), meaning }];
  });
}
/** A setting; undefined where there is none of that name. */
export const confName = (name: string): ConfName | undefined => NAMES.get(name);
/** All names, for whoever looks for the nearest. */
export const confNames = (): readonly string[] => [...NAMES.keys(), ...CLAUSES.keys()];
