// Unbound as a validating resolver in front of servers of a test, with their keys as trust anchors. Knows its configuration; knows no
// server behind it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Zones that are asked of 127.0.0.1 at `server`, each trusted by its DNSKEY record, or by the zone above where none is given; where Unbound
 * listens, its folder, and for how many seconds it keeps what is bogus (a minute where nothing is said).
 */
export interface Validated {
  readonly zones: readonly { readonly zone: string; readonly anchor: string | undefined }[];
  readonly server: number;
  readonly port: number;
  readonly folder: string;
  readonly bogusTtl?: number;
}

/** Starts one; who starts it ends it. It may not answer yet. */
export function startUnbound({ zones, server, port, folder, bogusTtl = 60 }: Validated): ChildProcess {
  const file = join(folder, 'unbound.conf');
  writeFileSync(file, `server:
  interface: 127.0.0.1
  port: ${port}
  directory: "${folder}"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  local-zone: "test." nodefault
  module-config: "validator iterator"
  val-bogus-ttl: ${bogusTtl}
${zones.map(({ anchor }) => (anchor === undefined ? '' : `  trust-anchor: "${anchor}"\n`)).join('')}
${zones.map(({ zone }) => `stub-zone:\n  name: "${zone}"\n  stub-addr: 127.0.0.1@${server}\n`).join('')}`);
  return spawn('unbound', ['-d', '-c', file], { stdio: 'ignore' });
}
