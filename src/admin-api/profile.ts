// A profile of a thread, as the API hands it out. Knows bodies of requests; who takes it is handed over.
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Profiler } from './route.ts';
import { lasting } from './things.ts';

/** Milliseconds that are watched where nothing is said, and at most. */
const USUAL = 10_000, LONGEST = 600_000;

/** The file, when it is whole. */
export async function profile(profiler: Profiler, body: { readonly [name: string]: unknown }): Promise<HttpReply> {
  const { kind, thread = 0 } = body;
  const milliseconds = lasting(body['for'], USUAL);
  if (typeof milliseconds === 'string' || milliseconds > LONGEST) return problem(400, 'No duration', 'for is at most 10m');
  const { endings } = profiler;
  if (typeof kind !== 'string' || !Object.hasOwn(endings, kind)) return problem(400, 'No kind', Object.keys(endings).join(', '));
  if (!Number.isInteger(thread) || (thread as number) < 0) return problem(400, 'No thread', 'GET /v1/threads has their numbers');
  try {
    const text = await profiler.take(kind, thread as number, milliseconds);
    const name = `${kind}-${thread as number}.${endings[kind]}`;
    return { status: 200, type: 'application/json', body: text, headers: { 'Content-Disposition': `attachment; filename="${name}"` } };
  } catch (error) {
    return problem(409, 'Not taken', (error as Error).message);
  }
}
