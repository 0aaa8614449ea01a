// What this runtime can tell where Go has its profiles (PPR-1). Knows the inspector; knows no address and no path.
import type { Session } from 'node:inspector/promises';
import type { Clock } from '../../kernel/clock.ts';
import type { HttpReply } from '../../http/message.ts';

/** Seconds that are watched where the request does not say how long, and the most that it may ask for. */
const USUAL = 30, MOST = 600;

/** Takes profiles of this process, one at a time. */
export class Profiles {
  readonly #clock: Clock;
  #busy = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Where the CPU's time goes, as a `.cpuprofile`. */
  cpu(query: string): Promise<HttpReply> {
    return this.#watched(query, 'cpu.cpuprofile', async (session, wait) => {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await wait();
      return (await session.post('Profiler.stop')).profile;
    });
  }
  /** What allocates memory that lives on, as a `.heapprofile`. */
  allocations(query: string): Promise<HttpReply> {
    return this.#watched(query, 'heap.heapprofile', async (session, wait) => {
      await session.post('HeapProfiler.startSampling');
      await wait();
      return (await session.post('HeapProfiler.stopSampling')).profile;
    });
  }
  /** Everything in memory, as a `.heapsnapshot`. Nothing is answered while it is made. */
  async heap(): Promise<HttpReply> {
    return this.#alone(async () => {
      const { getHeapSnapshot } = await import('node:v8');
      const chunks: Buffer[] = [];
      for await (const chunk of getHeapSnapshot()) chunks.push(Buffer.from(chunk as Buffer));
      return file('heap.heapsnapshot', Buffer.concat(chunks));
    });
  }

  #watched(query: string, name: string, take: (session: Session, wait: () => Promise<void>) => Promise<unknown>): Promise<HttpReply> {
    const seconds = new URLSearchParams(query).get('seconds') ?? String(USUAL);
    if (!/^\d{1,3}$/.test(seconds) || Number(seconds) < 1 || Number(seconds) > MOST) {
      return Promise.resolve({ status: 400, body: `seconds must be a whole number from 1 to ${MOST}\n` });
    }
    return this.#alone(async () => {
      const { Session: Inspector } = await import('node:inspector/promises');
      const session = new Inspector();
      session.connect();
      try {
        const wait = () => new Promise<void>((over) => {
          this.#clock.after(Number(seconds) * 1000, over);
        });
        return file(name, JSON.stringify(await take(session, wait)));
      } finally {
        session.disconnect();
      }
    });
  }
  async #alone(take: () => Promise<HttpReply>): Promise<HttpReply> {
    if (this.#busy) return { status: 503, body: 'another profile is being taken\n' };
    this.#busy = true;
    try {
      return await take();
    } finally {
      this.#busy = false;
    }
  }
}

const file = (name: string, body: string | Uint8Array): HttpReply => ({
  status: 200, type: 'application/json', body, headers: { 'Content-Disposition': `attachment; filename="${name}"` },
});
