// What the page asks its server, who looks at it, and whether the server is there. Knows HTTP; knows nothing of what is shown.
import { signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Me, Role } from './shapes.ts';

/** Milliseconds until a server that says nothing is away. */
const PATIENCE = 10_000;

/** What the server refused, or did not do. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, title: string, detail: string | undefined) {
    super(detail === undefined ? title : `${title}: ${detail}`);
    this.status = status;
  }
}

/** Who looks; undefined before that is known, 'nobody' where a token is wanted. */
export const me = signal<Me | 'nobody' | undefined>(undefined);
/** When the server stopped answering, in milliseconds since 1970; undefined while it answers. */
export const away = signal<number | undefined>(undefined);
/** Grows when it answers again. */
export const returns = signal(0);
/** The routes that the server has: `GET /v1/zones`. */
export const routes = signal<ReadonlySet<string>>(new Set());

/** Whether the reader may do what a role says. */
export function may(role: Role): boolean {
  const order: readonly Role[] = ['read', 'operate', 'admin'];
  const who = me.value;
  return typeof who === 'object' && order.indexOf(who.role) >= order.indexOf(role);
}

/** Whether an error is the end of what the page itself wanted no more. */
const isOver = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
function heard(isThere: boolean): void {
  if (!isThere) away.value ??= Date.now();
  else if (away.value !== undefined) {
    away.value = undefined;
    returns.value++;
  }
}
/** The reply to a request, whatever its status. Throws where nobody answers. */
async function reach(path: string, options: RequestInit): Promise<Response> {
  try {
    const reply = await fetch(path, { credentials: 'same-origin', redirect: 'error', ...options });
    heard(true);
    if (reply.status === 401) me.value = 'nobody';
    return reply;
  } catch (error) {
    if (!isOver(error)) heard(false);
    throw error;
  }
}
async function refusal(reply: Response): Promise<Refusal> {
  const said = await reply.json().catch(() => ({})) as { title?: string; detail?: string };
  return new Refusal(reply.status, said.title ?? `status ${reply.status}`, said.detail);
}
/** Asks. Throws Refusal where the server says no. */
export async function ask<T>(path: string, end: AbortSignal = new AbortController().signal): Promise<T> {
  const reply = await reach(path, { signal: AbortSignal.any([end, AbortSignal.timeout(PATIENCE)]) });
  if (!reply.ok) throw await refusal(reply);
  return await reply.json() as T;
}
/** Tells it to do something. Throws Refusal. */
export async function act<T>(method: 'POST' | 'DELETE', path: string, body: object = {}): Promise<T> {
  const options = method === 'DELETE' ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const reply = await reach(path, { method, ...options });
  if (!reply.ok) throw await refusal(reply);
  return await reply.json() as T;
}
/** The parts of a reply that goes on, as they come. Throws Refusal; ends where the server ends it. */
export async function* listen(path: string, signal: AbortSignal): AsyncGenerator<string> {
  const reply = await reach(path, { signal, headers: { accept: 'text/event-stream' } });
  if (!reply.ok) throw await refusal(reply);
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (error) {
    if (isOver(error)) return;
  }
}
/** Asks who looks, and what there is. */
export async function introduce(): Promise<void> {
  try {
    me.value = await ask<Me>('/session');
    const { paths } = await ask<{ paths: { [path: string]: object } }>('/v1/openapi.json');
    routes.value = new Set(Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)));
  } catch {
    // The shell tells that nobody answers, or that a token is wanted.
  }
}

/** What was asked for, again and again. */
export interface Asked<T> {
  readonly data: T | undefined;
  /** Why there is nothing new. */
  readonly problem: string | undefined;
  /** Asks now. */
  readonly again: () => void;
}
/** Asks for as long as it is shown: every so many milliseconds, while somebody looks. What was there stays where nothing comes. */
export function useAsked<T>(path: string | undefined, every = 0): Asked<T> {
  const data = useSignal<T | undefined>(undefined), problem = useSignal<string | undefined>(undefined), turn = useSignal(0);
  const back = useSignal(0);
  useSignalEffect(() => {
    back.value = returns.value + turn.value;
  });
  const now = back.value;
  useEffect(() => {
    if (path === undefined) return undefined;
    const end = new AbortController();
    let timer = 0;
    const next = async (): Promise<void> => {
      try {
        if (document.visibilityState === 'visible') {
          data.value = await ask<T>(path, end.signal);
          problem.value = undefined;
        }
      } catch (error) {
        if (end.signal.aborted) return;
        problem.value = error instanceof Refusal ? error.message : 'the server does not answer';
      }
      if (every > 0 && !end.signal.aborted) timer = setTimeout(() => void next(), every);
    };
    void next();
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [path, every, now]);
  return { data: data.value, problem: problem.value, again: () => void turn.value++ };
}
