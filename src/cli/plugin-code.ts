// The code of plugins of other packages as it was read, so that every thread of a load runs the very same, whatever becomes of the files
// meanwhile, and a new version stands beside the old one. Knows how Node loads modules; knows no plugin.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { LoadFnOutput } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { manifestAbove } from './plugin-package.ts';

/** One module as it was read. Can be sent. */
interface Piece {
  readonly format: string;
  readonly source: string;
}
/** Modules by their URL, with the version where it is not the first. */
export type Code = ReadonlyMap<string, Piece>;

/** Behind the `?` of a URL: which version. */
const VERSION = 'version=';
/** Modules that Node reads as text; what is required (CommonJS) it reads by itself. */
const TEXTUAL = /^(module|module-typescript|json)$/;

/** What was read in this thread, and below which folders. */
const kept = new Map<string, Piece>();
const roots = new Set<string>();
let stands = false;

/** The URL under which a version of a module is loaded: the first one has none. */
export const versioned = (url: string, version = ''): string => (version === '' ? url : `${url}?${VERSION}${version}`);

/** From now on modules of the plugin at this URL are kept; `known` are those that another thread has read. */
export function keepCode(url: string, known: Code = new Map()): void {
  for (const [each, piece] of known) kept.set(each, piece);
  const path = fileURLToPath(url);
  roots.add(`${pathToFileURL(manifestAbove(path)?.folder ?? dirname(path)).href}/`);
  if (stands) return;
  stands = true;
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const version = context.parentURL?.split('?')[1];
      const isOther = version === undefined || !version.startsWith(VERSION) || found.url.includes('?') || !isOwn(found.url);
      return isOther ? found : { ...found, url: `${found.url}?${version}` };
    },
    load(at, context, next): LoadFnOutput {
      const known = kept.get(at);
      if (known !== undefined) return { ...known, shortCircuit: true };
      const found = next(at, context);
      const { format = '', source } = found;
      if (source !== undefined && source !== null && TEXTUAL.test(format ?? '') && isOwn(at)) {
        const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
        kept.set(at, { format: format!, source: text });
      }
      return found;
    },
  });
}
/** Whether a module belongs to one of the plugins, and not to a package that it uses. */
const isOwn = (url: string): boolean =>
  [...roots].some((root) => url.startsWith(root) && !url.slice(root.length).includes('node_modules/'));

/** The modules of one version of the plugin at this URL. */
export function codeOf(url: string, version = ''): Code {
  const path = fileURLToPath(url);
  const root = `${pathToFileURL(manifestAbove(path)?.folder ?? dirname(path)).href}/`;
  return new Map([...kept].filter(([each]) => {
    const [, behind = ''] = each.split('?');
    return each.startsWith(root) && behind === (version === '' ? '' : VERSION + version);
  }));
}
/** Whether a file is another one than when it was read. One that is gone is not: a package is being replaced. */
export function isChanged(code: Code): boolean {
  return [...code].some(([url, { source }]) => {
    try {
      return readFileSync(fileURLToPath(url.split('?')[0]!), 'utf8') !== source;
    } catch {
      return false;
    }
  });
}
