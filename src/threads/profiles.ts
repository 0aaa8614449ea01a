// What this runtime can tell of a thread where Go has its profiles (PPR-1): where time goes, what allocates, what is in memory. Knows the
// inspector and how threads are called; knows no address and no path.
import type { Session } from 'node:inspector/promises';
import type { Clock } from '../kernel/clock.ts';
import type { Closable } from '../kernel/shared.ts';
import { nameOf } from './messages.ts';

/** What can be taken, and how its file ends. Of `heap` nothing is answered while it is made, and all secrets are in it. */
const PROFILES = { cpu: 'cpuprofile', allocations: 'heapprofile', heap: 'heapsnapshot' } as const;
type ProfileKind = keyof typeof PROFILES;
/** Another one is being taken. */
export class Busy extends Error {
  constructor() {
    super('another profile is being taken');
  }
}

/** Takes profiles of this process, one at a time. */
export class Profiles implements Closable {
  readonly endings = PROFILES;
  readonly #clock: Clock;
  #busy = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  close(): void {}

  /** The file's text. Rejects with Busy, or where there is no such thread; `milliseconds` means nothing for the heap. */
  async take(kind: string, thread: number, milliseconds: number): Promise<string> {
    if (this.#busy) throw new Busy();
    this.#busy = true;
    try {
      const { Session: Inspector } = await import('node:inspector/promises');
      const session = new Inspector();
      session.connect();
      try {
        const { ask, heard } = thread === 0 ? inspectorOf(session) : await farInspectorOf(session, thread);
        const wait = () => new Promise<void>((over) => {
          this.#clock.after(milliseconds, over);
        });
        return await TAKEN[kind as ProfileKind](ask, heard, wait);
      } finally {
        session.disconnect();
      }
    } finally {
      this.#busy = false;
    }
  }
}

type Ask = (method: string) => Promise<object>;
/** Has pieces of a snapshot handed over as they come. */
type Hear = (chunk: (text: string) => void) => void;
const TAKEN: { readonly [kind in ProfileKind]: (ask: Ask, heard: Hear, wait: () => Promise<void>) => Promise<string> } = {
  async cpu(ask, _, wait) {
    await ask('Profiler.enable');
    await ask('Profiler.start');
    await wait();
    return profileIn(await ask('Profiler.stop'));
  },
  async allocations(ask, _, wait) {
    await ask('HeapProfiler.startSampling');
    await wait();
    return profileIn(await ask('HeapProfiler.stopSampling'));
  },
  async heap(ask, heard) {
    const chunks: string[] = [];
    heard((chunk) => chunks.push(chunk));
    await ask('HeapProfiler.takeHeapSnapshot');
    return chunks.join('');
  },
};
const profileIn = (answer: object): string => JSON.stringify((answer as { profile: unknown }).profile);

interface Inspector {
  readonly ask: Ask;
  readonly heard: Hear;
}
/** This very thread. */
const inspectorOf = (session: Session): Inspector => ({
  ask: async (method) => await session.post(method) as unknown as object,
  heard: (chunk) => session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => chunk(params.chunk)),
});

interface FarMessage {
  readonly id?: number;
  readonly result?: object;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
}
/** Another thread, by messages through this one. */
async function farInspectorOf(session: Session, thread: number): Promise<Inspector> {
  let far = '';
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
    if (workerInfo.title.endsWith(`] ${nameOf(thread)}`)) far = sessionId;
  });
  await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  if (far === '') throw new Error(`there is no thread ${thread}`);
  const waiting = new Map<number, { readonly done: (answer: object) => void; readonly failed: (error: Error) => void }>();
  let take = (_chunk: string): void => {};
  session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
    if (sessionId !== far) return;
    const { id = -1, result = {}, error, params } = JSON.parse(message) as FarMessage;
    if (params?.chunk !== undefined) take(params.chunk);
    if (error !== undefined) waiting.get(id)?.failed(new Error(error.message));
    else waiting.get(id)?.done(result);
  });
  session.on('NodeWorker.detachedFromWorker', ({ params: { sessionId } }) => {
    if (sessionId === far) for (const { failed } of waiting.values()) failed(new Error(`thread ${thread} has ended`));
  });
  let ids = 0;
  return {
    ask: (method) => new Promise((done, failed) => {
      waiting.set(++ids, { done, failed });
      session.post('NodeWorker.sendMessageToWorker', { sessionId: far, message: JSON.stringify({ id: ids, method }) }).catch(failed);
    }),
    heard: (chunk) => {
      take = chunk;
    },
  };
}
