// Threads that answer from a map while the main thread swaps it as fast as it can: no answer and no label of a late log line may hold a
// byte that is not theirs. Knows how to run a server in a thread; says how often it found something foreign.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import log from '../../src/plugins/log/index.ts';
import metadata from '../../src/plugins/metadata/index.ts';
import { definePlugin } from '../../src/kernel/site/plugin.ts';
import { upon } from '../../src/kernel/query/outcome.ts';
import { InProcess } from '../../src/testing/in-process.ts';
import { parseAsk } from '../../src/testing/question.ts';
import type { ByteMap } from '../../src/store/bytemap.ts';
import { Key } from '../../src/store/key.ts';
import type { MemoryHandle } from '../../src/store/memory.ts';
import { Store } from '../../src/store/store.ts';

/** Entries of the map; how many of them are read for one answer or label; words of each. */
const KEYS = 200, READS = 16, WORDS = 24;
/** Threads that answer: behind an await, and in labels of late log lines; places of what they count. */
const ROLES = ['part', 'label'] as const;
const ANSWERS = 0, READ = 1, FOREIGN = 2, COUNTS = 3;

type Role = (typeof ROLES)[number];
/** What came of a run: answers and entries read, of which some were not what was looked for, and how often the map was swapped. */
export interface Found {
  readonly answers: number;
  readonly read: number;
  readonly foreign: number;
  readonly swaps: number;
}

const keys = Array.from({ length: KEYS }, (_, number) => new Key().named(`\x03key\x03${String(number).padStart(3, '0')}\x00`, 1));
const share = (store: Store) => store.cells.counters('readings', COUNTS);

/** Reads some entries as a plugin would, and says whether each was its own from the first word to the last. */
function check(map: ByteMap, from: number): number {
  let foreign = 0;
  for (let i = 0; i < READS; i++) {
    const number = (from + i * 7) % KEYS;
    const key = keys[number]!;
    const entry = map.find(key);
    if (entry === 0) {
      foreign++;
      continue;
    }
    const at = map.valueAt(entry);
    const first = map.words[at]!;
    let own = (first & 0xfff) === number && map.valueSize(entry) === WORDS * 4;
    for (let word = 1; word < WORDS; word++) own &&= map.words[at + word] === first;
    if (!own) foreign++;
  }
  return foreign;
}

/** The thread that answers: a part that awaits, then one that reads; or labels of a log line whose reply comes late. */
async function answer(handle: MemoryHandle, thread: number, role: Role): Promise<void> {
  const store = Store.join(handle, thread);
  const { mine } = share(store);
  const map = store.byteMap('names');
  const look = () => {
    mine[FOREIGN]! += check(map, mine[READ]!);
    mine[READ]! += READS;
  };
  const slow = definePlugin({
    name: 'slow', parse: () => undefined,
    create: () => ({
      metadata: {
        'names/of': () => {
          look();
          return 'seen';
        },
      },
      async handle(query, next) {
        await undefined;
        return next(query);
      },
    }),
  });
  const names = definePlugin({
    name: 'names', parse: () => undefined,
    create: () => ({
      handle(query, next) {
        if (role === 'part') look();
        return role === 'part' ? query.reply() : upon(next(query), (outcome) => outcome, query);
      },
    }),
  });
  const whole = definePlugin({ name: 'whole', parse: () => undefined, create: () => ({ handle: (query) => query.reply() }) });
  const server = new InProcess([metadata, log, slow, names, whole], undefined, store);
  const refusal = await server.start(`. {\n${role === 'label' ? ' metadata\n log . "{/names/of}"\n' : ''} slow\n names\n whole\n}\n`);
  if (refusal !== undefined) throw new Error(refusal);
  const asked = parseAsk('a. A');
  const stop = store.cells.flags('stop', 1);
  parentPort!.postMessage('ready');
  while (stop.get(0) === 0) {
    for (let i = 0; i < 100; i++) await server.exchange(asked);
    server.forget();
    mine[ANSWERS]! += 100;
  }
  await server.close();
}

/** Puts a new map in place of the old one until there were so many answers, or one was wrong. */
export async function soak(answers: number): Promise<Found> {
  const store = Store.create(1 << 27);
  const map = store.byteMap('names');
  const counts = share(store);
  let swaps = 0;
  const swap = () => {
    const fresh = store.freshMap();
    const value = new Int32Array(WORDS);
    for (const [number, key] of keys.entries()) {
      value.fill(number | (swaps << 12));
      if (!fresh.put(key, new Uint8Array(value.buffer))) throw new Error('the memory is full');
    }
    map.replaceAll(fresh);
    store.recycle();
    swaps++;
  };
  swap();
  const workers = await Promise.all(ROLES.map((role, i) => begin(store, i + 1, role)));
  while (counts.total(ANSWERS) < answers && counts.total(FOREIGN) === 0) {
    for (let i = 0; i < 50; i++) swap();
    await new Promise((resolve) => setImmediate(resolve));
  }
  store.cells.flags('stop', 1).set(0, 1);
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
  return { answers: counts.total(ANSWERS), read: counts.total(READ), foreign: counts.total(FOREIGN), swaps };
}
function begin(store: Store, thread: number, role: Role): Promise<Worker> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { handle: store.share(), thread, role } });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => resolve(worker));
  });
}

if (!isMainThread && workerData?.role !== undefined) {
  await answer(workerData.handle as MemoryHandle, workerData.thread as number, workerData.role as Role);
}
