// The entry of the program that is one file (Node's single executable application), in the process and in each of its threads: the
// program's own files lie in the executable, and from here on Node finds them there, as if the executable were a folder. Knows Node's ways
// to a file (import, require, read, a thread); knows nothing of what the program does, which is the same as in a checkout.
import fs from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { getRawAsset } from 'node:sea';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Worker, WorkerOptions } from 'node:worker_threads';

/** What a thread is told by the one that starts it. */
interface Told {
  /** The module that it runs. */
  readonly entry: string;
  /** Addons that have been written, by their names here: all threads have to load the same file, or each has an addon of its own. */
  readonly written: Readonly<Record<string, string>>;
}
const TOLD = Symbol.for('coredns-ts: what a thread is told');
const told = (globalThis as { [key: symbol]: Told | undefined })[TOLD];

// Before the program's handler stands, a signal that asks for a reload asks for nothing: the Corefile is not read yet.
if (told === undefined) process.on('SIGUSR1', () => {});

/** The folder that the executable stands for. No file can lie there. */
const ROOT = `${process.execPath}/`;
const ROOT_URL = pathToFileURL(ROOT).href;
/** The addons: files of their own, since only the system's loader can load them. */
const ADDONS = ['native/udp-batch/build/udp-batch.node', 'native/quic/build/quic.node'];
/** What this text is called. */
const OWN_TEXT = 'one-file.cjs';
/** Behind the name of an addon: a text that loads it. */
const LOADER = '.cjs';
/** A module whose `import` is that of a file: the script of an executable has none. */
const IMPORTER = 'import.cjs';

/** A file of ours by its name here, where it lies in the executable: nothing is copied. Undefined where there is none. */
function asset(name: string): Buffer | undefined {
  if (name === IMPORTER) return Buffer.from('module.exports=(url)=>import(url)');
  if (name.endsWith(`.node${LOADER}`)) {
    return Buffer.from(`process.dlopen(module,${JSON.stringify(written[name.slice(0, -LOADER.length)])})`);
  }
  try {
    return Buffer.from(getRawAsset(name));
  } catch {
    return undefined;
  }
}
/** The name here of a path or a URL; undefined for any other one. */
function nameOf(file: unknown): string | undefined {
  if (typeof file !== 'string' && !(file instanceof URL)) return undefined;
  const path = typeof file === 'string' && !file.startsWith('file:') ? file : fileURLToPath(file);
  if (!path.startsWith(ROOT)) return undefined;
  const name = normalize(path);
  return name.startsWith(ROOT) ? name.slice(ROOT.length) : undefined;
}

const written: Record<string, string> = { ...told?.written };
/**
 * Writes an addon where it can be loaded from, and says where. No name is left of it, so that nobody can put another one there and nothing
 * has to be cleaned up: the process has it open.
 */
function write(name: string): string | undefined {
  const bytes = asset(name);
  if (bytes === undefined) return undefined;
  for (const place of new Set([tmpdir(), '/dev/shm', '/run', '/var/tmp'])) {
    try {
      const folder = fs.mkdtempSync(join(place, 'coredns-ts-'));
      try {
        const file = join(folder, 'addon.node');
        fs.writeFileSync(file, bytes, { mode: 0o500 });
        return (written[name] = `/proc/self/fd/${fs.openSync(file, 'r')}`);
      } finally {
        fs.rmSync(folder, { recursive: true, force: true });
      }
    } catch {
      // It is only read, or full: the next one.
    }
  }
  return undefined;
}

/** A thread runs this text first, and then its module. */
function startsThreadsFromText(engine: { Worker: typeof Worker }): void {
  const Plain = engine.Worker;
  if (Object.hasOwn(Plain, TOLD)) return;
  const text = (entry: string | URL): string => {
    for (const addon of ADDONS) written[addon] ??= write(addon) ?? '';
    const first = `globalThis[Symbol.for(${JSON.stringify(TOLD.description)})]=${JSON.stringify({ entry: String(entry), written })};`;
    return `${first}${asset(OWN_TEXT)!.toString('latin1')}`;
  };
  engine.Worker = class extends Plain {
    static readonly [TOLD] = true;
    constructor(entry: string | URL, options: WorkerOptions = {}) {
      const isOurs = nameOf(entry) !== undefined;
      super(isOurs ? text(entry) : entry, isOurs ? { ...options, eval: true } : options);
    }
  };
}

/** What of ours is meant, as a URL; undefined for anything else. */
function own(specifier: string, parent: string | undefined, required: boolean): string | undefined {
  const isFile = /^(?:file:|\.{0,2}\/)/.test(specifier);
  if (isFile) {
    const url = specifier.startsWith('/') ? pathToFileURL(specifier) : new URL(specifier, parent);
    const name = nameOf(url);
    if (name === undefined) return undefined;
    if (name.endsWith('.node')) {
      written[name] ??= write(name) ?? '';
      return written[name] === '' ? undefined : `${ROOT_URL}${name}${LOADER}`;
    }
    return url.href;
  }
  if (parent?.startsWith(ROOT_URL) !== true) return undefined;
  const name = `node_modules/${specifier.replace(/\.js$/, '')}.${required ? 'cjs' : 'mjs'}`;
  return asset(name) === undefined ? undefined : `${ROOT_URL}${name}`;
}
const FORMATS = { js: 'module', mjs: 'module', cjs: 'commonjs', json: 'json' } as const;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'node:worker_threads') startsThreadsFromText(process.getBuiltinModule('node:worker_threads'));
    if (specifier.startsWith('node:')) return next(specifier, context);
    const url = own(specifier, context.parentURL, context.conditions.includes('require'));
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
  load(url, context, next) {
    const name = url.startsWith(ROOT_URL) ? nameOf(url) : undefined;
    const source = name === undefined ? undefined : asset(name);
    if (source === undefined) return next(url, context);
    const format = FORMATS[name!.slice(name!.lastIndexOf('.') + 1) as keyof typeof FORMATS];
    return { format, source: source.toString(), shortCircuit: true };
  },
});

/** A file of ours as a reader wants it; undefined for any other one. */
function content(path: unknown, options: { encoding?: BufferEncoding | null } | BufferEncoding | null = {}): Buffer | string | undefined {
  const name = nameOf(path);
  const bytes = name === undefined ? undefined : asset(name);
  if (bytes === undefined) return undefined;
  // What an earlier start has kept of compiled code is written twice, against damage (`kept.ts`): here it lies once.
  if (name!.startsWith('dist/compiled/')) return Buffer.concat([bytes, bytes]);
  const encoding = typeof options === 'string' ? options : options?.encoding;
  return encoding == null ? bytes : bytes.toString(encoding);
}
const { readFileSync, existsSync } = fs;
fs.existsSync = (path) => {
  const name = nameOf(path);
  return name === undefined ? existsSync(path) : asset(name) !== undefined;
};
fs.readFileSync = ((path: fs.PathOrFileDescriptor, options?: BufferEncoding) =>
  content(path, options) ?? readFileSync(path, options!)) as typeof readFileSync;
// The same of promises, when somebody asks for them: they take a start 10 ms.
const { getBuiltinModule } = process;
process.getBuiltinModule = ((id: string) => {
  const part = getBuiltinModule(id);
  if (id === 'node:fs/promises' && !Object.hasOwn(part!, TOLD)) {
    const promises = part as typeof import('node:fs/promises') & { [TOLD]?: true };
    const { readFile } = promises;
    Object.assign(promises, {
      [TOLD]: true, readFile: async (path: string, options?: BufferEncoding) => content(path, options) ?? readFile(path, options!),
    });
  }
  return part;
}) as typeof getBuiltinModule;

const load = createRequire(ROOT)(`${ROOT}${IMPORTER}`) as (url: string) => Promise<unknown>;
void load(told?.entry ?? `${ROOT_URL}dist/main.js`);
