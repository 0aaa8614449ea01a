// *pprof* publishes runtime profiling data at endpoints under `/debug/pprof`. Knows paths; what is found there is made elsewhere.
import { showAt } from '../../kernel/show.ts';
import type { HttpReply, HttpRequest } from '../../http/message.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { readPprof } from './config.ts';
import { Profiles } from './profiles.ts';

const PATH = '/debug/pprof';
const INDEX = `<html><head><title>${PATH}/</title></head><body><p>${PATH}/</p><ul>
<li><a href="allocs?seconds=30">allocs</a>: what allocates memory that lives on; a .heapprofile</li>
<li><a href="cmdline">cmdline</a>: the command line of this process</li>
<li><a href="goroutine">goroutine</a>: what keeps the event loop busy, by kind</li>
<li><a href="heap">heap</a>: everything in memory; a .heapsnapshot. No query is answered while it is made</li>
<li><a href="profile?seconds=30">profile</a>: where the time of the CPU goes; a .cpuprofile</li>
</ul><p>Open the files in the developer tools of Chromium.</p></body></html>
`;
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

function show({ path, query }: HttpRequest, profiles: Profiles): HttpReply | Promise<HttpReply> {
  const name = path.slice(PATH.length + 1);
  if (name === '') return { status: 200, type: 'text/html; charset=utf-8', body: INDEX };
  if (name === 'cmdline') return commandLine();
  if (name === 'symbol') return { status: 200, body: 'num_symbols: 0\n' };
  if (name === 'goroutine') return activeResources();
  if (name === 'profile') return profiles.cpu(query);
  if (name === 'allocs') return profiles.allocations(query);
  if (name === 'heap') return profiles.heap();
  if (NOT_HERE.includes(name)) return { status: 501, body: `this runtime has no ${name} profile\n` };
  return { status: 404, body: 'Unknown profile\n' };
}

export default definePlugin({
  name: 'pprof',
  parse: readPprof,
  create: (address) => ({
    async control(run) {
      const profiles = new Profiles(run.clock);
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
