// Which block of one server takes a query: longest zone first, DS to the parent, views in order (SRV-8, 11, 12, 22). Knows zones;
// knows no plugin.
import { OPCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Query } from '../query/query.ts';
import type { Site } from './site.ts';
import { ViewFilter } from './site.ts';

/** The sites of one server by zone. */
export class Router {
  readonly #zones = new Map<string, Site[]>();
  readonly #rootOnly: Site | undefined;

  /** `zones` are lower-case wire names; sites of one zone stay in the order of the Corefile. */
  constructor(zones: Iterable<readonly [zone: string, site: Site]>) {
    for (const [zone, site] of zones) {
      const sites = this.#zones.get(zone);
      if (sites === undefined) this.#zones.set(zone, [site]);
      else if (!sites.includes(site)) sites.push(site);
    }
    const root = this.#zones.get('\0');
    const plain = root?.length === 1 && root[0]!.all(ViewFilter).length === 0 && root[0]!.providers === undefined;
    this.#rootOnly = this.#zones.size === 1 && plain ? root[0] : undefined;
  }

  /**
   * The site for the query, or undefined: then it is refused (SRV-10). Its labels are collected on the way. Where a view is given its
   * block is taken, whoever asks.
   */
  find(query: Query, view?: string): Site | undefined {
    if (this.#rootOnly !== undefined) return this.#rootOnly;
    const { key } = query.name;
    let parent: Site | undefined;
    for (let at = 0; at < key.length - 1; at += key.charCodeAt(at) + 1) {
      const sites = this.#zones.get(at === 0 ? key : key.slice(at));
      const site = sites === undefined ? undefined : accepting(sites, query, view);
      if (site === undefined) continue;
      if (query.type !== TYPE.DS || query.opcode !== OPCODE.QUERY) return site;
      parent = site;
    }
    if (parent !== undefined) return parent;
    const root = this.#zones.get('\0');
    if (root === undefined) return undefined;
    const handling = root.filter(({ handler }) => handler !== undefined);
    return accepting(handling.length > 0 ? handling : root, query, view);
  }
}

function accepting(sites: readonly Site[], query: Query, view: string | undefined): Site | undefined {
  for (const site of sites) {
    if (site.handler === undefined) return site;
    if (view !== undefined && site.view !== '' && site.view !== view) continue;
    site.collect(query);
    if (view !== undefined) return site;
    if (site.all(ViewFilter).every((view) => view.accepts(query))) return site;
  }
  return undefined;
}
