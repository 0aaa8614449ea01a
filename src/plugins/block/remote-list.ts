// A list that is fetched: its URL, and where it lies on the disk. Knows texts; fetches nothing.
import { join } from 'node:path';

/** A list of others. */
export interface RemoteList {
  readonly url: string;
  /** Where it lies once it was taken over, and where one lies that has just come. */
  readonly path: string;
  readonly arriving: string;
}
/** Where a list of this URL lies in a folder: told from others by a number that is made of all of it. */
export function remoteList(url: string, folder: string): RemoteList {
  let hash = 0x811c9dc5;
  for (const letter of url) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  const name = `${(hash >>> 0).toString(16).padStart(8, '0')}-${url.replace(/^\w+:\/\//, '').replace(/[^\w.-]+/g, '_').slice(-80)}`;
  const path = join(folder, name);
  return { url, path, arriving: `${path}.new` };
}

/** A URL as what stands before its path, and its path with a query. */
export function parted(url: string): [place: string, target: string] {
  const [, place = '', target = ''] = /^([a-z]+:\/\/[^/?#]+)([^#]*)/i.exec(url) ?? [];
  return [place, target.startsWith('/') ? target : `/${target}`];
}
/** Whether it is the URL of a list. */
export const isListUrl = (url: string): boolean => /^https?:\/\/[^\s/?#@]+/i.test(url);
