// What one thing is that can be asked of the API: its path, who may, what it takes and answers, what does it. Knows no route.
import type { Exchange } from '../http/exchange.ts';
import type { HttpReply } from '../http/message.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Role } from '../secure/tokens.ts';
import type { ZoneChanges } from '../store/changes.ts';
import type { Configurations } from './configurations.ts';
import type { Levels } from './levels.ts';
import type { Watchers } from './watchers.ts';

/** A request as its route sees it. */
export interface Asked {
  /** What stands in the places of its path. */
  readonly at: { readonly [place: string]: string };
  readonly query: URLSearchParams;
  /** The object of its body; empty where there is none. */
  readonly body: { readonly [name: string]: unknown };
  /** Whether a person reads it: `Accept: text/plain`. */
  readonly plain: boolean;
  /** For replies that go on. */
  readonly exchange: Exchange;
}
/** A form of JSON, as OpenAPI describes it. */
export interface Schema {
  readonly type: string;
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean;
}
/** One thing that can be asked. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/v1/upstreams/{id}/drain`. */
  readonly path: string;
  /** What one must be allowed: to look, to act, or to change. */
  readonly role: Role;
  readonly summary: string;
  /** Parameters behind `?`, and members of the body; those that begin with `!` are needed. */
  readonly parameters?: { readonly [name: string]: string };
  readonly body?: { readonly [name: string]: Schema };
  readonly answer: { readonly [name: string]: Schema };
  /** Whether events are told where they are asked for. */
  readonly streams?: true;
  /** undefined where a reply has begun that goes on. */
  readonly do: (asked: Asked, load: Load) => HttpReply | Promise<HttpReply> | undefined;
}
/** What is served, and who watches. */
export interface Load {
  readonly run: Run;
  /** Every name: caches know by it what is to be asked for anew. */
  readonly names: ZoneChanges;
  readonly watchers: Watchers;
  readonly configurations: Configurations;
  readonly levels: Levels;
  readonly profiles: Profiler;
}
/** Takes profiles of threads; rejects with why there is none. */
export interface Profiler {
  /** How the files of each kind end. */
  readonly endings: { readonly [kind: string]: string };
  take(kind: string, thread: number, milliseconds: number): Promise<string>;
}

/** The forms that most values have. */
export const text: Schema = { type: 'string' }, list: Schema = { type: 'array' }, number: Schema = { type: 'number' };
/** Yes or no. */
export const yes: Schema = { type: 'boolean' };
