// Zones of external names (KEXT-2): their apex and name server, and what clusters have below. Knows one or several clusters by what they
// tell; knows none by name.
import { EMPTY, NOWHERE } from '../../authority/backend.ts';
import type { Backend, Node } from '../../authority/backend.ts';
import type { ExternalNames } from '../../authority/external-names.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import type { Asked, ServedZone } from '../../authority/served-zones.ts';
import type { Soa } from '../../authority/soa.ts';
import { ZoneName } from '../../authority/zone-name.ts';
import type { ZoneRecords } from '../../authority/zone-records.ts';
import { ADDITIONAL, ANSWER, answerAddress, hasRoom, hasRoomBeside, recordOf } from '../../authority/records.ts';
import { latin1, latin1Bytes, writeLatin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { HEADER } from '../../dns/packet.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Settings } from './config.ts';

const SERVER = '\x03ns1', MAILBOX = '\x0ahostmaster';

/** The zones of one block, in one thread. */
export class ExternalBackend implements Backend {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  readonly ttl: number;
  readonly unknown = 'denial';
  readonly soa: Soa;
  readonly #clusters: readonly [ExternalNames, ...ExternalNames[]];
  /** The labels of the apex in lower case, and how many they are. */
  readonly #apex: Uint8Array;
  readonly #apexLabels: number;
  readonly #apexNode: Node;
  readonly #serverNode: Node;

  constructor(settings: Settings, clusters: readonly [ExternalNames, ...ExternalNames[]]) {
    this.zones = new ServedZones(settings.zones.names);
    this.fallthrough = settings.fallthrough;
    this.ttl = settings.ttl;
    this.soa = {
      form: {
        primary: SERVER + settings.apex, mailbox: MAILBOX + settings.apex, longest: settings.ttl, folded: true,
        refresh: 7200, retry: 1800, expire: 86400,
      },
      serial: () => this.serial(),
    };
    this.#clusters = clusters;
    const apex = Name.wire(`${settings.apex}\0`);
    this.#apex = latin1Bytes(apex.key.slice(0, -1));
    this.#apexLabels = apex.labels;
    this.#apexNode = { write: (type, reply, query, { zone }) => type === TYPE.NS && this.#writeServer(reply, query, zone) };
    this.#serverNode = { write: (type, reply) => this.#writeAddresses(type, reply) };
  }

  at(place: Place, query: Query): Node | Promise<Node> | undefined {
    if (place.labels === 0) return this.#apexNode;
    if (this.#isApex(place, query)) return this.#belowApex(place, query);
    const clusters = this.#clusters;
    for (let i = 0; i < clusters.length; i++) {
      const node = clusters[i]!.at(place, query);
      if (node !== undefined) return node;
    }
    return undefined;
  }
  told(place: Place, query: Query): string {
    if (place.labels === 0) return 'the apex of the zone';
    if (this.#isApex(place, query)) return 'the name server of the zone, or above it';
    const owner = this.#clusters.find((cluster) => cluster.has(place, query));
    return owner?.told?.(place, query) ?? this.#clusters.flatMap((cluster) => cluster.told?.(place, query) ?? []).join('; ');
  }
  /** Whether the labels before the zone are those of the apex. */
  #isApex({ labels, at }: Place, { bytes }: Asked): boolean {
    if (labels < this.#apexLabels) return false;
    const apex = this.#apex;
    const from = at[labels - this.#apexLabels]!;
    if (at[labels]! - from !== apex.length) return false;
    for (let i = 0; i < apex.length; i++) if (bytes[from + i] !== apex[i]) return false;
    return true;
  }
  #belowApex({ labels, at }: Place, { bytes }: Query): Node {
    const below = labels - this.#apexLabels;
    if (below === 0) return EMPTY;
    if (below > 1) return NOWHERE;
    for (let i = 0; i < SERVER.length; i++) if (bytes[at[0]! + i] !== SERVER.charCodeAt(i)) return NOWHERE;
    return this.#serverNode;
  }

  serial(): number {
    return Math.max(...this.#clusters.map((cluster) => cluster.serial()));
  }
  /** A cluster that was read says enough: as in *kubernetes*, another one that was not hides nothing of it. */
  incomplete(): string | undefined {
    return this.#clusters.every((cluster) => cluster.incomplete() !== undefined) ? this.missing() : undefined;
  }
  /** Why not all of its names can be told. */
  missing(): string | undefined {
    return this.#first((cluster) => cluster.incomplete());
  }
  stale(): string | undefined {
    return this.#first((cluster) => cluster.stale());
  }
  #first<T>(ask: (cluster: ExternalNames) => T | undefined): T | undefined {
    for (const cluster of this.#clusters) {
      const told = ask(cluster);
      if (told !== undefined) return told;
    }
    return undefined;
  }

  /** Addresses of this server: those outside of the cluster that it runs in, or those of this machine. Each once. */
  #addresses(): Iterable<Uint8Array> {
    const addresses = this.#first((cluster) => cluster.nameServers()) ?? this.#clusters[0].machine;
    return new Map(addresses.map((address) => [address.join(), address])).values();
  }
  #writeServer(reply: Message, asked: Asked, zone: ServedZone): void {
    const target = this.soa.form.primary + zone.name.raw;
    // Zones are told in lower case, whatever the spelling of the question.
    if (!hasRoom(reply, zone.bytes.length + 10 + target.length)) return;
    const at = recordOf(reply, ANSWER, zone.bytes, TYPE.NS, this.ttl, target.length);
    writeLatin1(target, reply.bytes, at);
    // As CoreDNS: in the spelling of the question, other than the record above.
    const name = Name.wire(this.soa.form.primary + spelled(asked));
    for (const rdata of this.#addresses()) {
      if (!hasRoomBeside(reply, name.raw.length + 10 + rdata.length)) return;
      reply.append({ name, type: rdata.length === 4 ? TYPE.A : TYPE.AAAA, class: CLASS.IN, ttl: this.ttl, rdata }, ADDITIONAL);
    }
  }
  #writeAddresses(type: number, reply: Message): void {
    const size = type === TYPE.A ? 4 : type === TYPE.AAAA ? 16 : 0;
    for (const address of this.#addresses()) if (address.length === size) answerAddress(reply, this.ttl, address, 0, size);
  }

  /** Everything in the zone but its SOA. Of a name that several clusters have the first one's is told. */
  *write(zone: ServedZone, to: ZoneRecords): Generator<void> {
    const asked = new ZoneName();
    asked.under(zone);
    to.own(asked.bytes, HEADER, asked.nameLength);
    this.#writeServer(to, asked, zone);
    if (!asked.begin().text(this.soa.form.primary).under(zone)) return;
    to.own(asked.bytes, HEADER, asked.nameLength);
    for (const type of [TYPE.A, TYPE.AAAA]) this.#writeAddresses(type, to);
    yield;
    const place = new Place();
    for (const [i, cluster] of this.#clusters.entries()) {
      const before = this.#clusters.slice(0, i);
      const isTaken = (name: ZoneName) => {
        place.readIn(zone, name);
        return this.#isApex(place, name) || before.some((each) => each.has(place, name));
      };
      yield* cluster.write(zone, to, isTaken);
    }
  }
}

const spelled = ({ bytes, at, nameLength }: Asked): string =>
  latin1(bytes, at + HEADER, at + HEADER + nameLength);
