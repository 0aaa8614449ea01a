// What a catalog zone says (RFC 9432): its members, each under an id. Knows the records of catalogs; knows no primary and no member's zone.
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { TransferError } from '../../authority/incoming/incoming.ts';
import type { Wanted } from '../../authority/pulling/open-transferred.ts';

/** Collects the records of one version. */
export class Catalog {
  readonly #zone: string;
  /** Lower-case wire names of members, by id. */
  readonly members = new Map<string, string>();
  /** The catalogs that members may pass over to, by id (RFC 9432, section 4.3.1). */
  readonly owners = new Map<string, string>();
  /** The groups of members, by id: texts of a character an octet (RFC 9432, section 4.3.2). */
  readonly groups = new Map<string, string[]>();
  readonly #seen = new Set<string>();
  readonly #versions: string[] = [];
  #hasSoa = false;
  #hasNs = false;
  #wrong: string | undefined;

  /** `zone` is the catalog's. */
  constructor({ key }: Name) {
    this.#zone = key;
  }

  /** Takes a record: owner and data as wire octets. */
  add(owner: Uint8Array, length: number, type: number, data: Uint8Array, size: number): void {
    const name = lower(owner, length);
    const before = name.slice(0, name.length - this.#zone.length);
    if (before === '') {
      this.#hasSoa ||= type === TYPE.SOA;
      this.#hasNs ||= type === TYPE.NS;
    } else if (before === '\x07version' && type === TYPE.TXT) this.#versions.push(latin1(data, 0, size));
    else if (type === TYPE.TXT && before.startsWith('\x05group') && before.endsWith('\x05zones')) {
      const id = before.slice('\x05group'.length, -'\x05zones'.length);
      if (isLabel(id)) this.#group(id, textOf(data, size));
    } else if (type === TYPE.PTR && before.endsWith('\x05zones')) {
      const id = before.slice(0, -'\x05zones'.length);
      if (isLabel(id)) this.#member(id, lower(data, size));
      else if (id.startsWith('\x03coo') && isLabel(id.slice(4))) this.#owner(id.slice(4), lower(data, size));
    }
  }
  #member(id: string, member: string): void {
    if (this.members.has(id)) this.#wrong ??= `the member ${printable(id)} has two names`;
    else if (this.#seen.has(member)) this.#wrong ??= `${Name.wire(member).text} is a member twice`;
    else if (member === this.#zone) this.#wrong ??= 'the catalog is a member of itself';
    this.members.set(id, member);
    this.#seen.add(member);
  }
  #owner(id: string, catalog: string): void {
    if (this.owners.has(id)) this.#wrong ??= `the member ${printable(id)} passes over to two catalogs`;
    this.owners.set(id, catalog);
  }
  #group(id: string, group: string): void {
    const groups = this.groups.get(id);
    if (groups === undefined) this.groups.set(id, [group]);
    else groups.push(group);
  }

  /** Throws TransferError where it is no catalog, or has more than so many members: then nothing of it counts. */
  check(most = Infinity): void {
    if (!this.#hasSoa) throw new TransferError('the catalog has no SOA');
    if (!this.#hasNs) throw new TransferError('the catalog has no NS');
    if (this.#versions.length !== 1 || this.#versions[0] !== '\x012') throw new TransferError('the catalog is not of version 2');
    if (this.#wrong !== undefined) throw new TransferError(`the catalog is broken: ${this.#wrong}`);
    const { size } = this.members;
    if (size > most) throw new TransferError(`the catalog has ${size} members, and at most ${most} are taken`);
  }
}
/** The strings of a TXT record, one after the other. */
function textOf(data: Uint8Array, size: number): string {
  let text = '';
  for (let at = 0; at < size; at += 1 + data[at]!) text += latin1(data, at + 1, Math.min(at + 1 + data[at]!, size));
  return text;
}
const lower = (bytes: Uint8Array, length: number): string => Name.wire(latin1(bytes, 0, length)).key;
const isLabel = (id: string): boolean => id.length > 0 && id.length === id.charCodeAt(0) + 1;
const printable = (id: string): string => id.slice(1).replaceAll(/[^!-~]/g, '?');

/** Looks at versions before they are served: one that is no catalog is not. */
export const catalogLook = (zone: Name, mostMembers: number): Wanted['look'] => ({
  name: `catalog of ${mostMembers}`,
  begin() {
    const catalog = new Catalog(zone);
    return { add: (...record) => catalog.add(...record), check: () => catalog.check(mostMembers) };
  },
});
