// Which section is shown, and what of it: the part of the address behind `#`, which no server is told. Knows names of sections.
import { signal } from '@preact/signals';

/** The sections, in the order of their keys. */
export const SECTIONS = ['overview', 'queries', 'cache', 'upstreams', 'zones', 'clusters', 'policy', 'corefile'] as const;
/** One of them. */
export type Section = (typeof SECTIONS)[number];
/** What it is called on the page. */
export const titleOf = (section: Section): string => section[0]!.toUpperCase() + section.slice(1);

/** What is shown. */
export interface Route {
  readonly section: Section;
  readonly query: URLSearchParams;
}
/** Reads what stands behind `#`; the overview where that is nothing of ours. */
export function readRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const section = SECTIONS.find((each) => each === path) ?? 'overview';
  return { section, query: new URLSearchParams(search) };
}
/** Where something is shown. */
export function hrefOf(section: Section, query: { readonly [name: string]: string | undefined } = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
  const search = new URLSearchParams(given).toString();
  return `#/${section}${search === '' ? '' : `?${search}`}`;
}

/** What is shown now. */
export const route = signal<Route>({ section: 'overview', query: new URLSearchParams() });
/** Goes there. */
export const go = (section: Section, query?: Parameters<typeof hrefOf>[1]): void => void (location.hash = hrefOf(section, query));
/** Follows the address. */
export function follow(): void {
  const read = (): void => void (route.value = readRoute(location.hash));
  addEventListener('hashchange', read);
  read();
}
