// NSD, Knot and BIND, each with zones from files and nothing else: what they are started with. Knows their options.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Zones and the files, in the folder, that they are in. */
type ZoneFiles = readonly (readonly [zone: string, file: string])[];
/** The arguments of a program that serves them from a folder, in which its configuration is put. Odd zones are served as they are. */
type FileServer = (folder: string, port: number, zones: ZoneFiles) => readonly string[];

function inFile(folder: string, name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** All three, by their programs. */
export const FILE_SERVERS: Readonly<Record<string, FileServer>> = {
  nsd: (folder, port, zones) => ['-d', '-c', inFile(folder, 'nsd.conf', `server:
  ip-address: 127.0.0.1@${port}
  zonesdir: "${folder}"
  database: ""
  username: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map(([zone, file]) => `zone:\n  name: "${zone}"\n  zonefile: "${file}"\n`).join('')}`)],
  knotd(folder, port, zones) {
    mkdirSync(path.join(folder, 'knot'), { recursive: true });
    return ['-c', inFile(folder, 'knot.conf', `server:
  listen: 127.0.0.1@${port}
  rundir: ${folder}
database:
  storage: ${folder}/knot
template:
  - id: default
    storage: ${folder}
    semantic-checks: off
    journal-content: none
    zonefile-load: whole
    zonefile-sync: -1
zone:
${zones.map(([zone, file]) => `  - domain: ${zone}\n    file: ${file}\n`).join('')}`)];
  },
  named: (folder, port, zones) => ['-g', '-c', inFile(folder, 'named.conf', `options {
  directory "${folder}"; pid-file none; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; minimal-responses no;
};
controls { };
${zones.map(([zone, file]) =>
    `zone "${zone}" { type primary; file "${file}"; check-integrity no; check-names ignore; check-mx ignore; };\n`).join('')}`)],
};
