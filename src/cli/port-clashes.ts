// HTTP pages of different plugins, and name servers over TCP, that want one port: it starts, and requests go astray. Knows addresses.
import type { Address, ReadOptions } from '../kernel/site/build.ts';
import type { Problem } from './problem.ts';

interface Want {
  readonly who: string;
  readonly host: string;
  readonly port: number;
}

const EVERYWHERE = new Set(['', '0.0.0.0', '::', '*']);
const overlap = (a: Want, b: Want) => a.port === b.port && a.port !== 0
  && (a.host === b.host || EVERYWHERE.has(a.host) || EVERYWHERE.has(b.host));

/** The host and port of `host:port`, a name that stands for loopback among them. */
export function httpPlace(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(address.slice(at + 1)) };
}

/** A problem for each page whose port another plugin, or a name server, has. */
export function portClashes(notes: NonNullable<ReadOptions['notes']>, addresses: readonly Address[]): Problem[] {
  const taken: Want[] = addresses.map(({ endpoint: { address: host, port }, label }) => ({ who: `the name server ${label}`, host, port }));
  return notes.flatMap((note): Problem[] => {
    if (note.what !== 'http') return [];
    const want = { who: `plugin/${note.plugin} in line ${note.at.line}`, ...httpPlace(note.address) };
    const { file, line, column } = note.at;
    const told = (severity: Problem['severity'], message: string, hint?: string): Problem[] => [{
      file, line, column, severity, code: 'overlap', message: `plugin/${note.plugin}: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    }];
    if (want.port > 65535) return told('error', `address ${want.port}: invalid port`);
    const other = taken.find((each) => overlap(each, want) && !each.who.startsWith(`plugin/${note.plugin} `));
    taken.push(want);
    if (other === undefined) return [];
    return told('warning', `${note.address} is taken by ${other.who}`, `give it a port of its own: \`${note.plugin} ${want.host}:PORT\``);
  });
}
