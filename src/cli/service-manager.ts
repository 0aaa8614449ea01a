// The service manager that started this process (systemd): it is told how the start, a reload and the end go and that the main thread
// turns (sd_notify(3)), it hands sockets over (sd_listen_fds(3)), and it keeps them while the process is started anew (its descriptor
// store). Knows its environment variables and words; knows nothing of DNS.
import { closeSync } from 'node:fs';
import type { Log } from '../kernel/seen/log.ts';
import type { Addon } from '../transport/addon.ts';
import { loadAddon } from '../transport/addon.ts';
import type { KeptSockets, SocketKind } from '../transport/kept-sockets.ts';

/** The first descriptor that it hands over (SD_LISTEN_FDS_START). */
const FIRST = 3;
/** Those that it may: who says more is not it. */
const MOST = 1024;
/** How the names of sockets begin that it keeps for us; those of its own socket units have other ones. */
const OURS = 'coredns-ts-';

/** A socket that was handed over. */
interface Handed {
  readonly descriptor: number;
  /** The name that it has with the manager. */
  readonly name: string;
  /** `udp 127.0.0.1 53`; undefined where it is nothing that DNS is served on. */
  readonly what: string | undefined;
}
type Environment = { [name: string]: string | undefined };

/** The manager as this process sees it. */
export class ServiceManager implements KeptSockets {
  ending = false;
  readonly #addon: Addon;
  readonly #path: string;
  readonly #handed: Handed[];
  /** What is kept, by what it is: whether in our name, and whether a listener has it (it was only handed over until then). */
  readonly #kept = new Map<string, { readonly isOurs: boolean; isHeld: boolean }>();

  constructor(addon: Addon, path: string, handed: readonly Handed[], watchdog: number | undefined) {
    this.#addon = addon;
    this.#path = path;
    // Those of its socket units first: it holds them whatever happens, so that what they receive is lost where nobody reads it.
    this.#handed = [...handed].sort((a, b) => Number(a.name.startsWith(OURS)) - Number(b.name.startsWith(OURS)));
    if (watchdog !== undefined && path !== '') {
      // Twice in the time that it waits, as sd_watchdog_enabled(3) has it.
      setInterval(() => this.#tell('WATCHDOG=1'), watchdog / 2).unref();
    }
  }

  ready(status: string): void {
    this.#tell(`READY=1\nSTATUS=${status.replace(/\s+/g, ' ').trim()}`);
  }
  reloading(): void {
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }
  stopping(): void {
    this.ending = true;
    this.#tell('STOPPING=1');
  }

  take(kind: SocketKind, address: string, port: number): number | undefined {
    const at = this.#handed.findIndex(({ what }) => what === `${kind} ${address} ${port}`);
    if (at < 0) return undefined;
    const [{ descriptor, name }] = this.#handed.splice(at, 1) as [Handed];
    this.#kept.set(`${kind} ${address} ${port}`, { isOurs: name.startsWith(OURS), isHeld: false });
    return descriptor;
  }
  keep(kind: SocketKind, address: string, port: number, descriptor: number): boolean {
    const what = `${kind} ${address} ${port}`;
    const known = this.#kept.get(what);
    if (known !== undefined) return !known.isHeld && (known.isHeld = true);
    if (this.#path === '') return false;
    this.#kept.set(what, { isOurs: true, isHeld: true });
    this.#tell(`FDSTORE=1\nFDPOLL=0\nFDNAME=${nameOf(what)}`, [descriptor]);
    return true;
  }
  drop(kind: SocketKind, address: string, port: number): void {
    const what = `${kind} ${address} ${port}`;
    if (this.#kept.get(what)?.isOurs === true) this.#tell(`FDSTOREREMOVE=1\nFDNAME=${nameOf(what)}`);
    this.#kept.delete(what);
  }
  /** What was handed over and nobody took is closed: what comes there would wait for ever. */
  closeRest(log: Log): void {
    for (const { descriptor, name, what } of this.#handed.splice(0)) {
      if (name.startsWith(OURS)) this.#tell(`FDSTOREREMOVE=1\nFDNAME=${name}`);
      else if (what === undefined) log.warning(`the service manager handed over a descriptor (${name}) on which no DNS can be served`);
      else log.warning(`the service manager listens on ${what} (${name}), and no server block does: nobody answers what comes there`);
      if (what !== undefined) closeSync(descriptor);
    }
  }
  #tell(text: string, descriptors: readonly number[] = []): void {
    if (this.#path !== '') this.#addon.notify(this.#path, Buffer.from(text), Int32Array.from(descriptors));
  }
}

/** Its name with the manager, which takes no colon. */
const nameOf = (what: string): string => `${OURS}${what.replaceAll(' ', '-').replaceAll(':', '_').replaceAll('%', '+')}`;

/** The number that a variable says; undefined where it says none. */
function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
const VARIABLES = ['NOTIFY_SOCKET', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'WATCHDOG_USEC', 'WATCHDOG_PID'];
/**
 * The manager that the environment tells of; undefined where there is none, or why it cannot be heard. Its variables are taken away: they
 * are for this process, and not for those that it starts.
 */
export function serviceManager(
  environment: Environment = process.env, addon: Addon | string = loadAddon(),
): ServiceManager | string | undefined {
  const { NOTIFY_SOCKET: path = '', LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES = '', WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of VARIABLES) delete environment[name];
  const count = numberIn(LISTEN_PID) === process.pid ? numberIn(LISTEN_FDS) ?? 0 : 0;
  if (path === '' && count === 0) return undefined;
  if (typeof addon === 'string') return addon;
  const names = LISTEN_FDNAMES.split(':');
  const handed = Array.from({ length: Math.min(count, MOST) }, (_, i) => {
    const what = addon.describe(FIRST + i);
    return { descriptor: FIRST + i, name: names[i] ?? 'unknown', what: typeof what === 'string' ? what : undefined };
  });
  const isForUs = WATCHDOG_PID === undefined || numberIn(WATCHDOG_PID) === process.pid;
  const microseconds = isForUs ? numberIn(WATCHDOG_USEC) : undefined;
  return new ServiceManager(addon, path, handed, microseconds === undefined || microseconds === 0 ? undefined : microseconds / 1000);
}
