// NSD, Knot and BIND, each as primary and as secondary of one zone with a key: their configuration files, and how they are told to read a
// zone again. Knows their options, and of ours the block that has the key.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { started } from './programs.ts';
import type { Started } from './programs.ts';

/** The zone, the key, and where everybody listens. */
export interface Setting {
  readonly folder: string;
  readonly zone: string;
  readonly key: string;
  readonly secret: string;
  readonly port: number;
  /** The port of the other side. */
  readonly peer: number;
  /** What else the zone's part of the configuration says. */
  readonly more?: string;
}
/** Where a program is, and its key. */
export type Served = Pick<Setting, 'folder' | 'key' | 'secret' | 'port'>;
/** Our block of the zone, which knows the key, with these lines. */
export const blockOf = ({ zone, key, secret }: Pick<Setting, 'zone' | 'key' | 'secret'>, port: number, lines: string): string =>
  `${zone}:${port} {\nbind 127.0.0.1\ntsig {\nsecret ${key} ${secret}\n}\n${lines}\n}\n`;
/** One program. */
export interface Authority {
  readonly name: string;
  readonly programs: readonly string[];
  /** Serves the file `zone` of the folder, tells the peer of changes, and gives it the zone. */
  primary(t: TestContext, setting: Setting): Started;
  /** Takes the zone from the peer. */
  secondary(t: TestContext, setting: Setting): Started;
  /** The file `zone` has changed. */
  reread(running: Started, setting: Setting): void;
}
const write = ({ folder }: Pick<Setting, 'folder'>, name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** BIND with the key and these zones; `options` is what else its options say. */
export const bind = (t: TestContext, setting: Served, zones: string, options = ''): Started => {
  const { folder, key, secret, port } = setting;
  const conf = write(setting, 'named.conf', `
key "${key}" { algorithm hmac-sha256; secret "${secret}"; };
options {
  directory "${folder}"; pid-file "${folder}/pid"; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; notify explicit;
  serial-query-rate 1000; min-refresh-time 1; min-retry-time 1;
  allow-transfer { key "${key}"; }; ixfr-from-differences yes;
  ${options}
};
controls { };
${zones}
`);
  return started(t, 'named', ['-g', '-c', conf], folder);
};
const BIND: Authority = {
  name: 'BIND', programs: ['named'],
  primary: (t, setting) => bind(t, setting, `zone "${setting.zone}" { type primary; file "zone"; `
    + `also-notify { 127.0.0.1 port ${setting.peer} key "${setting.key}"; }; };`),
  secondary: (t, setting) => bind(t, setting, `zone "${setting.zone}" { type secondary; file "copy"; masterfile-format text; `
    + `primaries { 127.0.0.1 port ${setting.peer} key "${setting.key}"; }; allow-notify { 127.0.0.1; }; };`),
  reread: (running) => running.signal('SIGHUP'),
};

/** Knot with the key, the peer and these zones, behind these templates. */
export const knot = (t: TestContext, setting: Served & Pick<Setting, 'peer'>, zones: string, templates = ''): Started => {
  const { folder, key, secret, port, peer } = setting;
  // It keeps copies of zones in its storage: one for all, unless it is told otherwise.
  mkdirSync(path.join(folder, 'db'), { recursive: true });
  const conf = write(setting, 'knot.conf', `
server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
database:
  storage: "${folder}/db"
key:
  - id: ${key}
    algorithm: hmac-sha256
    secret: ${secret}
remote:
  - id: peer
    address: 127.0.0.1@${peer}
    key: ${key}
acl:
  - id: peer
    key: ${key}
    action: [transfer, notify]
log:
  - target: stdout
    any: info
template:
  - id: default
    storage: "${folder}"
${templates}
zone:
${zones}
`);
  return started(t, 'knotd', ['-c', conf], folder);
};
const knotZone = ({ zone, folder, more = '' }: Setting, lines: string): string =>
  `  - domain: ${zone}\n    file: "${folder}/zone"\n    acl: peer\n${lines}\n${more}`;
const KNOT_CONTROL = 'knotc';
const KNOT: Authority = {
  name: 'Knot', programs: ['knotd', KNOT_CONTROL],
  primary: (t, setting) => knot(t, setting, knotZone(setting, '    zonefile-load: difference\n    notify: peer')),
  secondary: (t, setting) => knot(t, setting, knotZone(setting, '    master: peer')),
  reread: (_running, { folder }) =>
    void execFileSync(KNOT_CONTROL, ['-c', path.join(folder, 'knot.conf'), 'zone-reload'], { stdio: 'pipe' }),
};

const nsd = (t: TestContext, setting: Setting, zone: string): Started => {
  const { folder, key, secret, port } = setting;
  const conf = write(setting, 'nsd.conf', `
server:
  ip-address: 127.0.0.1@${port}
  zonesdir: "${folder}"
  database: ""
  username: ""
  chroot: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
  server-count: 1
  verbosity: 2
remote-control:
  control-enable: no
key:
  name: "${key}"
  algorithm: hmac-sha256
  secret: "${secret}"
zone:
  name: "${setting.zone}"
  zonefile: "zone"
${zone}
`);
  return started(t, 'nsd', ['-d', '-c', conf], folder);
};
const NSD: Authority = {
  name: 'NSD', programs: ['nsd'],
  primary: (t, setting) => nsd(t, setting, `  provide-xfr: 127.0.0.1 ${setting.key}\n  notify: 127.0.0.1@${setting.peer} ${setting.key}\n`
    + '  create-ixfr: yes\n  store-ixfr: yes'),
  secondary: (t, setting) => nsd(t, setting, `  request-xfr: 127.0.0.1@${setting.peer} ${setting.key}\n`
    + `  allow-notify: 127.0.0.1 ${setting.key}\n  provide-xfr: 127.0.0.1 ${setting.key}`),
  reread: (running) => running.signal('SIGHUP'),
};

/** All three. */
export const AUTHORITIES: readonly Authority[] = [NSD, KNOT, BIND];
