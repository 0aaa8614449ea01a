// What the server tells, as the page takes it. Knows names of members; the API's description has them too.

/** What one may do. */
export type Role = 'read' | 'operate' | 'admin';
/** Who looks at the page. */
export interface Me {
  readonly holder: string;
  readonly role: Role;
}
/** A question that was answered. */
export interface Question {
  readonly at: string;
  readonly client: string | null;
  readonly transport: string;
  readonly name: string | null;
  readonly cut?: boolean;
  readonly begins?: string;
  readonly type: string;
  readonly rcode: string | null;
  readonly ede?: number;
  readonly by: string;
  readonly trail: readonly string[];
  readonly took: number;
}
/** The same on the page, where each has a number. */
export interface Row extends Question {
  readonly key: number;
}
/** Some of the last questions. */
export interface Questions {
  readonly queries: readonly Question[];
  readonly next: string;
  readonly lost: number;
  readonly left: number;
}
/** What came meanwhile. */
export interface Told {
  readonly queries: readonly Question[];
  readonly seen: number;
  readonly matched: number;
  readonly every: number;
  readonly lost: number;
}
/** How many answers of a second took how long: numbers of steps, and how often. */
export type Steps = readonly (readonly [step: number, count: number])[];
/** One second. */
export interface Second {
  readonly at: number;
  readonly cache: Steps;
  readonly own: Steps;
  readonly upstream: Steps;
}
/** Several of them, and where steps begin, in microseconds. */
export interface Latency {
  readonly bounds: readonly number[];
  readonly seconds: readonly Second[];
}
/** A list of what came most. */
export interface Top {
  readonly at: string;
  readonly rows: readonly { readonly key: string; readonly count: number; readonly error: number }[];
  readonly more: number;
}
/** How many different ones a minute had. */
export interface Distinct {
  readonly names: number;
  readonly clients: number;
  readonly under: readonly { readonly key: string; readonly names: number }[];
}
/** A server. */
export interface Status {
  readonly version: string;
  readonly uptime: number;
  readonly ready: boolean;
}
/** Whom a part asks. */
export interface Upstream {
  readonly id: string;
  readonly block: string;
  readonly by: string;
  readonly to: string;
  readonly state: 'up' | 'down' | 'drained';
  readonly usual: number | null;
  readonly until: string | null;
}
/** What a cache has. */
export interface Entry {
  readonly name: string;
  readonly type: string;
  readonly rcode: string;
  readonly ttl: number;
  readonly left: number;
  readonly stale: boolean;
  readonly hits: number;
  readonly block: string;
}
/** A step of a walk through the Corefile. */
export interface Step {
  readonly part?: string;
  readonly at?: string;
  readonly did?: string;
  readonly text?: string;
  readonly back?: string;
  readonly notes?: readonly string[];
  readonly before?: { readonly name: string; readonly type: string };
  readonly after?: { readonly name: string; readonly type: string };
  readonly asked?: readonly Step[];
  readonly question?: { readonly name: string; readonly type: string };
  readonly steps?: readonly Step[];
}
/** Why a question is answered as it is. */
export interface Explanation {
  readonly question?: { readonly name: string; readonly type: string };
  readonly client: string;
  readonly transport: string;
  readonly server: string;
  readonly answer: {
    readonly rcode: string;
    readonly records: readonly string[];
    readonly authority: readonly string[];
    readonly ede: readonly { readonly code: number; readonly text: string }[];
  } | null;
  readonly unknown?: string;
  readonly by: string | null;
  readonly took: number;
  readonly blocks: readonly { readonly at: string; readonly keys: string; readonly taken: boolean; readonly why: string }[];
  readonly steps: readonly Step[];
  readonly skipped: readonly { readonly part: string; readonly at: string }[];
}
/** A line of the Corefile. */
export interface Line {
  readonly at: string;
  readonly word: string;
  readonly args: readonly string[];
  readonly lines?: readonly Line[];
}
/** A block of it. */
export interface Block {
  readonly at: string;
  readonly keys: readonly string[];
  readonly lines: readonly Line[];
}
/** What differs between two. */
export interface Change {
  readonly block: string;
  readonly word: string;
  readonly before?: string;
  readonly after?: string;
}
/** The plugins of a block. */
export interface Plugins {
  readonly blocks: readonly { readonly block: string; readonly plugins: readonly Plugin[] }[];
}
/** One of them. */
export interface Plugin {
  readonly name: string;
  readonly at: string | null;
  readonly ready: boolean;
  readonly remark: string | null;
}
/** Corefiles that served. */
export interface History {
  readonly configurations: readonly { readonly number: number; readonly at: string; readonly changes: readonly Change[] }[];
  readonly confirm: string | null;
}
