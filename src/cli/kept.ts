// Runs a script of the bundle from code that an earlier start has kept, with every function that it called. Node's own cache keeps what is
// compiled before anything has run, which is hardly a function: a start spent a sixth of its time on compiling the rest again. Knows files
// and the engine; in a bundle its text stands before each script that is run so.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

/** The key in `globalThis` of what the server calls when its start is over: it keeps what has been compiled. */
const KEEP = Symbol.for('coredns-ts: keep what is compiled');

/**
 * What the script `name` of a folder exports. It runs once; `load` is its `import`, for which scripts of their own have none; `others` are
 * the files that it needs.
 */
export function kept(folder: string, name: string, load: (name: string) => Promise<unknown>, others: readonly unknown[]): unknown {
  const file = `${folder}/${name}`;
  // Beside the program; else where the environment has its compiled code (an image that is only read).
  const places = [`${folder}/../compiled`, process.env['NODE_COMPILE_CACHE'] ?? '']
    .flatMap((place) => (place === '' ? [] : [`${place}/${name}-${process.arch}`]));
  const code = found(places);
  const script = new Script(`(function(module,$url,$import,$of){${readFileSync(file, 'latin1')}\n})`, {
    filename: file, ...(code && { cachedData: code }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module, pathToFileURL(file).href, load, others);
  if (code === undefined || script.cachedDataRejected === true) {
    const all = globalThis as { [key: symbol]: (() => void) | undefined };
    const before = all[KEEP];
    all[KEEP] = () => {
      before?.();
      places.some((place) => keep(script.createCachedData(), place));
    };
  }
  return module.exports;
}

/** The engine looks at length and version of code, and would die of damage. So it is written twice, and both have to be the same. */
function found(places: readonly string[]): Uint8Array | undefined {
  for (const place of places) {
    try {
      const twice = readFileSync(place);
      const code = twice.subarray(0, twice.length >> 1);
      if (code.equals(twice.subarray(code.length))) return code;
    } catch {
      // It is the first start here.
    }
  }
  return undefined;
}
/** Whole or not at all, whoever else starts now. False where the folder cannot be written. */
function keep(code: Uint8Array, place: string): boolean {
  const beside = `${place}.${process.pid}`;
  try {
    mkdirSync(place.slice(0, place.lastIndexOf('/')), { recursive: true });
    writeFileSync(beside, Buffer.concat([code, code]), { mode: 0o644, flag: 'wx', flush: true });
    renameSync(beside, place);
    return true;
  } catch {
    try {
      rmSync(beside, { force: true });
    } catch {
      // There is no folder at all: the program is one file.
    }
    return false;
  }
}
