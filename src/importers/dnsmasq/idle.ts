// Options of dnsmasq that have no counterpart, with the reason: those that change no answer, and those that do. Knows names alone.
import type { Fate } from '../outcome.ts';

const IDLE: Readonly<Record<string, string>> = {
  'no-poll': '/etc/resolv.conf is looked at when the server starts and reloads',
  'bind-interfaces': 'a server block listens where bind says', 'bind-dynamic': 'a server block listens where bind says',
  'no-dhcp-interface': 'DHCP is no matter of this server', 'no-dhcpv6-interface': 'DHCP is no matter of this server',
  'no-dhcpv4-interface': 'DHCP is no matter of this server', 'read-ethers': 'DHCP is no matter of this server',
  'bridge-interface': 'DHCP is no matter of this server', 'shared-network': 'DHCP is no matter of this server',
  'bootp-dynamic': 'DHCP is no matter of this server', 'no-ping': 'DHCP is no matter of this server',
  'leasefile-ro': 'DHCP is no matter of this server', 'log-dhcp': 'DHCP is no matter of this server',
  'quiet-dhcp': 'DHCP is no matter of this server', 'quiet-dhcp6': 'DHCP is no matter of this server',
  'script-on-renewal': 'DHCP is no matter of this server', 'script-arp': 'no programs are started',
  'tag-if': 'DHCP is no matter of this server', 'enable-ra': 'router advertisements are no matter of this server',
  'ra-param': 'router advertisements are no matter of this server', 'quiet-ra': 'router advertisements are no matter of this server',
  'quiet-tftp': 'TFTP is no matter of this server', 'enable-dbus': 'there is no D-Bus here', 'enable-ubus': 'there is no ubus here',
  'edns-packet-max': 'bufsize says how large answers over UDP are', 'query-port': 'each socket has a port of its own',
  'port-limit': 'each socket has a port of its own', 'min-port': 'each socket has a port of its own',
    'max-port': 'each socket has a port of its own',
  user: 'the service manager says who it is', group: 'the service manager says who it is', 'pid-file': '-pidfile says it',
  'keep-in-foreground': 'it is always in the foreground', 'no-daemon': 'it is always in the foreground',
  'log-facility': 'it logs to standard output', 'log-async': 'the log is never waited for', 'log-debug': 'the plugin debug says more',
  'clear-on-reload': 'what is kept of an answer is kept as long as its words stay the same',
    'neg-ttl': 'denials live as long as their SOA says',
  'fast-dns-retry': 'a silent upstream is raced by another one', 'proxy-dnssec': 'the AD bit of an upstream is passed on',
  'strip-mac': 'what clients say beside their question is not passed on',
    'strip-subnet': 'what clients say beside their question is not passed on',
  conntrack: 'connection marks are the firewall\'s', ipset: 'no sets of a firewall are filled', nftset: 'no sets of a firewall are filled',
  dumpfile: 'dnstap keeps questions', dumpmask: 'dnstap keeps questions', 'no-ident': 'chaos says who it is, where it stands',
  'no-round-robin': 'answers keep the order that they have', 'cache-rr': 'all types are kept', 'max-tcp-connections': 'connections says it',
  'dnssec-no-timecheck': 'nothing is validated without dnssec', 'dnssec-timestamp': 'nothing is validated without dnssec',
  'dnssec-debug': 'nothing is validated without dnssec', 'dnssec-limits': 'nothing is validated without dnssec',
  'trust-anchor': 'nothing is validated without dnssec', 'dnssec-check-unsigned': 'nothing is validated without dnssec',
    test: 'check does it',
};
const LOST: Readonly<Record<string, string>> = {
  'dhcp-range': 'DHCP is no matter of this server, so its clients have no names',
    'dhcp-fqdn': 'the names of DHCP clients are not known here',
  selfmx: 'mail for each local machine needs records of its own', localmx: 'mail for each local machine needs records of its own',
  'interface-name': 'the addresses of an interface are not looked up: write a host-record',
    'dynamic-host': 'the addresses of an interface are not looked up',
  'synth-domain': 'names are not made of addresses: see template', 'auth-zone': 'write a zone file, for the plugin file',
  'auth-server': 'write a zone file, for the plugin file', 'auth-ttl': 'write a zone file, for the plugin file',
  'auth-soa': 'write a zone file, for the plugin file', 'auth-sec-servers': 'write a zone file, for the plugin file',
  'auth-peer': 'see transfer', alias: 'addresses in answers are not changed for others',
    filterwin2k: 'questions of old Windows are answered as others are',
  'localise-queries': 'all addresses of a name are given, the nearest is not chosen',
    dnssec: 'forward validates nothing: see recursive { forward }',
  'add-mac': 'nothing is added to questions: see rewrite edns0', 'add-subnet': 'nothing is added to questions: see rewrite edns0 subnet',
  'add-cpe-id': 'nothing is added to questions: see rewrite edns0', umbrella: 'nothing is added to questions: see rewrite edns0',
  'local-service': 'who may ask is said by networks: see acl', 'conf-script': 'no programs are started: what it prints can be imported',
  'ignore-address': 'an answer that nobody is to believe is not waited past', 'connmark-allowlist': 'connection marks are not looked at',
  'connmark-allowlist-enable': 'connection marks are not looked at',
};

/** What becomes of an option that nobody here obeys. */
export function fateOf(name: string): Fate {
  if (Object.hasOwn(IDLE, name)) return { idle: IDLE[name]! };
  if (Object.hasOwn(LOST, name)) return { lost: LOST[name]! };
  if (/^dhcp-/.test(name)) return { idle: 'DHCP is no matter of this server' };
  if (/^(?:enable-)?tftp|^pxe-/.test(name)) return { idle: 'TFTP is no matter of this server' };
  return { lost: 'there is no such option' };
}
