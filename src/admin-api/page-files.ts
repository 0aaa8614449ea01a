// The files of the page as the build has left them in dist/console, read once, with what a browser gets of them. Knows files; knows nothing
// of what they say.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { cryptography } from '../secure/node.ts';

/** One file. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same by gzip. */
  readonly packed: Buffer;
  readonly tag: string;
  /** Whether its name says what is in it. */
  readonly isForever: boolean;
}
/** By path. */
export type Page = ReadonlyMap<string, PageFile>;

/** From here, and from a file of the bundle. */
const FOLDER = fileURLToPath(new URL('../../dist/console/', import.meta.url));
const TYPES: { readonly [ending: string]: string } = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml',
};

/** Reads the page, and what it names. Rejects where it was not built. */
export async function readPage(folder = FOLDER): Promise<Page> {
  const files = new Map<string, PageFile>();
  try {
    const text = await readFile(`${folder}index.html`, 'utf8');
    const named = [...text.matchAll(/(?:src|href)="\/([\w.-]+)"/g)].map(([, name]) => name!);
    for (const name of ['index.html', ...named]) files.set(`/${name}`, await fileOf(name, await readFile(`${folder}${name}`)));
  } catch (error) {
    throw new Error(`the page was not built: ${(error as Error).message}; npm run build, or npm ci in a checkout, makes it`,
      { cause: error });
  }
  return files;
}
async function fileOf(name: string, bytes: Buffer): Promise<PageFile> {
  const type = TYPES[/\w+$/.exec(name)?.[0] ?? ''] ?? 'application/octet-stream';
  const packed = await promisify(gzip)(bytes, { level: 9 });
  const tag = `"${cryptography().createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, bytes, packed, tag, isForever: /-[\w-]{8,}\.js$/.test(name) };
}
