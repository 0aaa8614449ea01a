// *pprof* publishes runtime profiling data at endpoints under `/debug/pprof`. Knows paths; what is found there is made elsewhere.
import { showAt } from '../../kernel/show.ts';
import type { HttpReply, HttpRequest } from '../../http/message.ts';
import { Busy, Profiles } from '../../threads/profiles.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { readPprof } from './config.ts';

const PATH = '/debug/pprof';
const INDEX = `<html><head><title>${PATH}/</title></head><body><p>${PATH}/</p><ul>
<li><a href="allocs?seconds=30">allocs</a>: what allocates memory that lives on; a .heapprofile</li>
<li><a href="cmdline">cmdline</a>: the command line of this process</li>
<li><a href="goroutine">goroutine</a>: what keeps the event loop busy, by kind</li>
<li><a href="heap">heap</a>: everything in memory; a .heapsnapshot. No query is answered while it is made</li>
<li><a href="profile?seconds=30">profile</a>: where the time of the CPU goes; a .cpuprofile</li>
</ul><p>Open the files in the developer tools of Chromium.</p></body></html>
`;
/** Seconds that are watched where the request does not say how long, and the most that it may ask for. */
const USUAL = 30, MOST = 600;
/** Go's profiles that have no counterpart. */
const NOT_HERE = ['block', 'mutex', 'threadcreate', 'trace'];

/** What Linux keeps of it; nothing elsewhere. */
async function commandLine(): Promise<HttpReply> {
  const { readFile } = await import('node:fs/promises');
  return { status: 200, body: await readFile('/proc/self/cmdline').catch(() => '') };
}
function activeResources(): HttpReply {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return { status: 200, body: [...counts].sort().map(([kind, count]) => `${count} ${kind}\n`).join('') };
}

/** A profile of the main thread as a file. */
async function profile(profiles: Profiles, kind: keyof Profiles['endings'], query = ''): Promise<HttpReply> {
  const seconds = new URLSearchParams(query).get('seconds') ?? String(USUAL);
  if (!/^\d{1,3}$/.test(seconds) || Number(seconds) < 1 || Number(seconds) > MOST) {
    return { status: 400, body: `seconds must be a whole number from 1 to ${MOST}\n` };
  }
  try {
    const body = await profiles.take(kind, 0, Number(seconds) * 1000);
    const name = `${kind === 'cpu' ? 'cpu' : 'heap'}.${profiles.endings[kind]}`;
    return { status: 200, type: 'application/json', body, headers: { 'Content-Disposition': `attachment; filename="${name}"` } };
  } catch (error) {
    if (error instanceof Busy) return { status: 503, body: `${error.message}\n` };
    throw error;
  }
}

function show({ path, query }: HttpRequest, profiles: Profiles): HttpReply | Promise<HttpReply> {
  const name = path.slice(PATH.length + 1);
  if (name === '') return { status: 200, type: 'text/html; charset=utf-8', body: INDEX };
  if (name === 'cmdline') return commandLine();
  if (name === 'symbol') return { status: 200, body: 'num_symbols: 0\n' };
  if (name === 'goroutine') return activeResources();
  if (name === 'profile') return profile(profiles, 'cpu', query);
  if (name === 'allocs') return profile(profiles, 'allocations', query);
  if (name === 'heap') return profile(profiles, 'heap');
  if (NOT_HERE.includes(name)) return { status: 501, body: `this runtime has no ${name} profile\n` };
  return { status: 404, body: 'Unknown profile\n' };
}

export default definePlugin({
  name: 'pprof',
  parse: readPprof,
  create: (address) => ({
    async control(run) {
      const profiles = await run.shared.use('profiles', run.signal, () => new Profiles(run.clock));
      try {
        await showAt(run, address, `${PATH}/`, (request) => show(request, profiles));
        const body = `<a href="${PATH}/">Found</a>.\n\n`;
        await showAt(run, address, PATH, () => ({ status: 302, body, headers: { Location: `${PATH}/` } }));
      } catch (error) {
        run.log.prefix('pprof').error(`Failed to start pprof handler: ${(error as Error).message}`);
        throw error;
      }
    },
  }),
});
