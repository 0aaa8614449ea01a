// Who listens on a port of this machine, as Linux tells in /proc: sockets by port, then the process that holds one. Knows /proc; knows
// no server. Elsewhere, and of processes of others without the right to look, it knows nothing.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process that has a port. */
export interface Owner {
  readonly pid: number;
  readonly name: string;
  /** Where it listens: an address, IPv6 in brackets, or `*`. */
  readonly address: string;
}

/** TCP sockets that listen; UDP has sockets that are not connected in this state. */
const LISTENS = { tcp: '0A', udp: '07' } as const;

/** Whether a UDP socket that is not this process's is bound to one of these addresses and this port, also of another container. */
export const listensElsewhere = (addresses: readonly string[], port: number): boolean => {
  const there = [...others('udp', port).values()];
  return addresses.some((address) => there.includes(address.includes(':') ? `[${address}]` : address));
};
function others(protocol: 'tcp' | 'udp', port: number): Map<string, string> {
  const sockets = new Map([...socketsOf(protocol, port), ...socketsOf(`${protocol}6`, port)]);
  for (const fd of list('/proc/self/fd')) sockets.delete(link(`/proc/self/fd/${fd}`));
  return sockets;
}
/** Processes that have this port, but for this one, each address once. */
export function ownersOf(protocol: 'tcp' | 'udp', port: number): readonly Owner[] {
  const sockets = others(protocol, port);
  if (sockets.size === 0) return [];
  const owners: Owner[] = [];
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const found = new Set(list(`/proc/${pid}/fd`).flatMap((fd) => sockets.get(link(`/proc/${pid}/fd/${fd}`)) ?? []));
    for (const address of found) owners.push({ pid: Number(pid), name: text(`/proc/${pid}/comm`).trim(), address });
  }
  return owners;
}

/** The addresses of sockets with this port, by the name that a file descriptor has for each. */
function socketsOf(file: string, port: number): Map<string, string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return new Map(text(`/proc/net/${file}`).split('\n').slice(1).flatMap((line): [string, string][] => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    if (!local.endsWith(wanted) || state !== LISTENS[file.startsWith('tcp') ? 'tcp' : 'udp']) return [];
    return [[`socket:[${inode}]`, printed(local.slice(0, -5))]];
  }));
}
/** An address of /proc/net: words of four octets, each in the machine's order. */
function printed(hex: string): string {
  const octets = [...hex.matchAll(/(..)(..)(..)(..)/g)].flatMap(([, a, b, c, d]) => [d!, c!, b!, a!])
    .map((octet) => Number.parseInt(octet, 16));
  if (octets.every((octet) => octet === 0)) return '*';
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16));
  return `[${groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')}]`;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
