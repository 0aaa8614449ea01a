// NOTIFY(CDS): tells whom the parent names by DSYNC records that a zone asks for another DS (RFC 9859), so that it need not be looked for.
// Knows names of look-ups and messages; knows nothing of keys.
import { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import type { Parts } from '../../dns/parts.ts';
import { RCODE, rcodeName } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DatagramPeer } from '../../upstream/datagrams.ts';
import { notifyParent } from './parent-exchange.ts';

/** The type of the records, and the scheme that is spoken here (RFC 9859 section 3). */
const DSYNC = 66, NOTIFY = 1;
/** Those who are told at most, and how often they are tried. */
const MOST = 4, TRIES = 5;
/** Milliseconds until the second try; each later one waits twice as long. */
const AGAIN = 60_000;

/** Who can be asked. */
export interface Resolving {
  /** The reply to a question, from whoever resolves names; undefined where nobody says. */
  ask(name: Name, type: number): Promise<Parts | undefined>;
  addresses(name: Name): Promise<readonly DatagramPeer[]>;
}
/** Whom a DSYNC record names. */
interface Target {
  readonly host: Name;
  readonly port: number;
}

/** `example._dsync.org.` of `example.org.`: the label stands behind so many of the name's own, which are left out where `bare`. */
function dsyncName({ raw }: Name, before: number, bare = false): Name | undefined {
  let at = 0;
  for (let left = before; left > 0; left--) at += raw.charCodeAt(at) + 1;
  const name = `${bare ? '' : raw.slice(0, at)}\x06_dsync${raw.slice(at)}`;
  return name.length > 255 ? undefined : Name.wire(name);
}
/** Whom the parent of a zone names (RFC 9859 section 4.1); none where it names nobody, or nobody says. */
async function targetsOf(zone: Name, resolving: Resolving): Promise<readonly Target[]> {
  const first = await look(dsyncName(zone, 1), resolving);
  if (first === undefined || first.targets.length > 0) return first?.targets ?? [];
  // The parent is further up than one label: its SOA says so.
  const above = first.reply.authority.find(({ type, name }) => type === TYPE.SOA && zone.isUnder(name) && !zone.equals(name));
  const before = above === undefined ? 1 : zone.labels - above.name.labels;
  const second = before > 1 ? await look(dsyncName(zone, before), resolving) : first;
  if (second === undefined || second.targets.length > 0) return second?.targets ?? [];
  return (await look(dsyncName(zone, before, true), resolving))?.targets ?? [];
}
async function look(name: Name | undefined, resolving: Resolving):
Promise<{ readonly reply: Parts; readonly targets: readonly Target[] } | undefined> {
  const reply = name === undefined ? undefined : await resolving.ask(name, DSYNC);
  if (reply === undefined || (reply.rcode !== RCODE.NOERROR && reply.rcode !== RCODE.NXDOMAIN)) return undefined;
  const targets = reply.answer.filter(({ type }) => type === DSYNC).flatMap(({ rdata }) => targetIn(rdata)).slice(0, MOST);
  return { reply, targets };
}
/** Whom a record's data names, where it is for CDS and by NOTIFY. */
function targetIn(rdata: Uint8Array): Target[] {
  if (rdata.length < 6 || u16(rdata, 0) !== TYPE.CDS || rdata[2] !== NOTIFY) return [];
  try {
    return [{ port: u16(rdata, 3), host: Name.read(rdata, 5) }];
  } catch {
    return [];
  }
}

/** Tells whom the parent of a zone names, a few times where they say nothing; a sentence says what became of it. */
export async function notifyOf(zone: Name, resolving: Resolving, clock: Clock, isStale: () => boolean): Promise<string> {
  let said = '';
  for (let tries = 1, pause = AGAIN; tries <= TRIES && !isStale(); tries++, pause *= 2) {
    const targets = await targetsOf(zone, resolving);
    if (targets.length === 0) said = 'its parent names nobody who is to be told of its CDS';
    else {
      const told = await Promise.all(targets.map((target) => toldTo(target, zone, resolving, clock)));
      said = told.map(({ text }) => text).join('; ');
      if (told.every(({ isTaken }) => isTaken)) return said;
    }
    if (tries < TRIES) await new Promise<void>((resolve) => clock.after(pause, resolve));
  }
  return said;
}
async function toldTo({ host, port }: Target, zone: Name, resolving: Resolving, clock: Clock):
Promise<{ readonly isTaken: boolean; readonly text: string }> {
  const who = `${host.text} port ${port}`;
  for (const { address } of await resolving.addresses(host)) {
    const reply = await notifyParent({ address, port }, zone, TYPE.CDS, clock);
    if (reply?.rcode === RCODE.NOERROR) return { isTaken: true, text: `${who} was told of its CDS` };
    if (reply !== undefined) return { isTaken: true, text: `${who} was told of its CDS, and answers ${rcodeName(reply.rcode)}` };
  }
  return { isTaken: false, text: `${who} was told of its CDS, and says nothing` };
}
