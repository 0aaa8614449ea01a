// A policy that OPA compiled to WebAssembly (`opa build -t wasm`), run here. Knows archives and the library that runs such policies, which
// is read when a bundle is configured; knows nothing of what is asked.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { decisionOf } from './result.ts';
import type { Asker } from './engine.ts';

/** Octets that a bundle may have, packed and unpacked. */
const MOST = 64 << 20;
/** A block of an archive, and where a head says its file's size and kind (POSIX.1-2017, pax, ustar). */
const BLOCK = 512, SIZE = 124, SIZE_END = 136, KIND = 156, NAME_END = 100;
const LIBRARY = '@open-policy-agent/opa-wasm';

/** What is asked of the library. */
interface Policy {
  readonly entrypoints: Readonly<Record<string, number>>;
  setData(data: unknown): void;
  evaluate(input: unknown, entrypoint?: number | string): unknown;
}
interface Library {
  loadPolicy(wasm: Uint8Array): Promise<Policy>;
}
/** What a bundle has: the policy, and its data. */
export interface Bundle {
  readonly wasm: Uint8Array;
  readonly data: unknown;
}

/** The files of an archive by name. Throws Error where it is cut. */
function filesOf(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const size = Number.parseInt(archive.toString('latin1', at + SIZE, at + SIZE_END).replace(/[\0 ]+$/, ''), 8);
    const end = at + BLOCK + size;
    if (!(size >= 0) || end > archive.length) throw new Error('the archive is cut');
    const name = archive.toString('utf8', at, at + NAME_END).replace(/\0.*$/s, '').replace(/^\.?\/+/, '');
    const isFile = archive[at + KIND] === 0 || archive[at + KIND] === 0x30;
    if (isFile) files.set(name, archive.subarray(at + BLOCK, end));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
/** Reads a bundle (`.tar.gz`), or the policy alone (`.wasm`). Throws Error where it is neither. */
export function readBundle(bytes: Buffer): Bundle {
  if (bytes.length > MOST) throw new Error(`it is longer than ${MOST} octets`);
  if (bytes.toString('latin1', 0, 4) === '\0asm') return { wasm: bytes, data: {} };
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new Error('it is neither a bundle (.tar.gz) nor a policy (.wasm)');
  const files = filesOf(gunzipSync(bytes, { maxOutputLength: MOST }));
  const wasm = files.get('policy.wasm');
  if (wasm === undefined) throw new Error('there is no policy.wasm in it: opa build -t wasm -e PACKAGE/RULE makes one');
  const data = files.get('data.json');
  return { wasm, data: data === undefined ? {} : JSON.parse(data.toString()) as unknown };
}

/** What runs a bundle. Rejects with Error where that cannot be. */
export async function running(path: string, entrypoint: string | undefined): Promise<Asker> {
  const told = (error: unknown): never => {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  };
  let library: Library;
  try {
    library = createRequire(import.meta.url)(LIBRARY) as Library;
  } catch {
    throw new Error(`a bundle needs the package ${LIBRARY}: npm install ${LIBRARY}`);
  }
  try {
    const { wasm, data } = readBundle(readFileSync(path));
    const policy = await library.loadPolicy(wasm);
    policy.setData(data);
    const known = Object.keys(policy.entrypoints);
    if (entrypoint !== undefined && !known.includes(entrypoint)) {
      throw new Error(`there is no ${entrypoint} in it; there is ${known.join(', ')}`);
    }
    return (input) => {
      const results = policy.evaluate(input, entrypoint) as readonly { readonly result?: unknown }[];
      return decisionOf(results[0]?.result);
    };
  } catch (error) {
    return told(error);
  }
}
