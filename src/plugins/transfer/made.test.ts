// A plugin with made-up zones, for the tests beside it.
import { Overtaken, Transfers, serialOf } from '../../authority/transfer.ts';
import type { Transfer } from '../../authority/transfer.ts';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { insert } from '../../kernel/site/order.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { standard } from '../index.ts';

const record = (text: string): RR => parseRR(text)!;
const soaOf = (zone: string, serial: number) => record(`${zone} 60 IN SOA ns.${zone} h.${zone} ${serial} 2 3 4 5`);
/** How many records a large zone has beside SOA and two others, and how many of them were asked for. */
export const LARGE = 100_000;
export const large = { taken: 0 };
/** How often a zone was asked for whose versions come too fast, and how often they do. */
export const times = { asked: 0, overtaken: 0 };

/** Gives a zone away as it is told: `made ZONE SERIAL [HOW]`. It says that a zone changed when it is loaded, and a second later again. */
const made = definePlugin({
  name: 'made',
  parse: (lines) => lines.map((line) => ({ zone: line.arg(), serial: Number(line.arg()), how: line.more ? line.arg() : '' })),
  create(zones, site) {
    let changed = (_zone: Name): void => {};
    site.put(Transfers, {
      name: 'made',
      watch: (call) => void (changed = call),
      transfer(name, serial) {
        const found = zones.find(({ zone }) => Name.parse(zone).equals(name));
        if (found === undefined) return undefined;
        if (found.how === 'expired') throw new Error(`zone ${name.text} is expired`);
        const { zone, how } = found;
        const soa = soaOf(zone, found.serial);
        const records = how === 'overtaken' && ++times.asked <= times.overtaken ? overtaken() : recordsOf(zone, how);
        const transfer: Transfer = { soa, records, ...newer(how, serial, soa), ...replaced(how),
          ...journal(how, zone, found.serial) };
        return how === 'later' ? new Promise((resolve) => setImmediate(resolve, transfer)) : transfer;
      },
    });
    return {
      control(run) {
        for (const { zone } of zones) changed(Name.parse(zone));
        run.clock.after(1000, () => changed(Name.parse(zones[0]!.zone)));
      },
      handle: (query, next) => next(query),
    };
  },
});
const newer = (how: string, serial: number | undefined, soa: RR) =>
  (how === 'newer' && serial !== undefined ? { upToDate: serial >= serialOf(soa) } : {});
const replaced = (how: string): Pick<Transfer, 'isCurrent'> => (how === 'replaced' ? { isCurrent: () => false } : {});
/** What changed with each of the last two serials: one name for another. */
const journal = (how: string, zone: string, last: number): Pick<Transfer, 'differences'> => (how !== 'journal' ? {} : {
  differences: (serial) => (serial < last - 2 || serial > last ? undefined : Array.from({ length: last - serial }, (_, i) => ({
    from: soaOf(zone, serial + i), removed: [record(`old.${zone} 60 IN A 192.0.2.${serial + i}`)],
    to: soaOf(zone, serial + i + 1), added: [record(`new.${zone} 60 IN A 192.0.2.${serial + i}`)],
  }))),
});
function* overtaken(): Iterable<RR> {
  yield* [];
  throw new Overtaken();
}
function* recordsOf(zone: string, how: string): Iterable<RR> {
  yield record(`${zone} 60 IN NS ns.${zone}`);
  yield record(`ns.${zone} 60 IN A 192.0.2.1`);
  if (how === 'broken') throw new Error('the zone is gone');
  const text = Uint8Array.of(200, ...new Uint8Array(200).fill(97));
  for (let i = 0; i < (how === 'large' || how === 'replaced' ? LARGE : 0); i++, large.taken++) {
    yield { name: Name.parse(`h${i}.${zone}`), type: 16, class: 1, ttl: 60, rdata: text };
  }
}
/** The standard plugins, and two with made-up zones behind `transfer`. */
export const plugins = insert(insert(standard, made, { after: 'transfer' }), { ...made, name: 'second' }, { after: 'made' });
