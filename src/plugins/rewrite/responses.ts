// What to do to a reply because of the rules that changed its question (REW-4). Knows kinds of changes and their order; makes none.

/** Makes another text of a name's, or gives it back as it is. */
export interface Rewriter {
  rewrite(text: string): string;
  /**
   * The same for the owner of an SOA record, the zone that the name was looked for in: what it becomes is above the client's name, or
   * the answer could not be kept (RFC 2308 section 5). Without it, `rewrite` is what is done.
   */
  zone?(text: string): string;
}
/** One change of a reply. */
export type Response =
  | { readonly kind: 'owner' | 'value'; readonly rewriter: Rewriter }
  | { readonly kind: 'ttl'; readonly least: number; readonly most: number }
  | { readonly kind: 'rcode'; readonly from: number; readonly to: number }
  /** `target` is the other target of a CNAME, undefined where the rule does not mean it. */
  | { readonly kind: 'cname'; target(text: string): string | undefined }
  /** Takes an EDNS option out of what comes back, or with `data` puts back what it said (REW-9). */
  | { readonly kind: 'option'; readonly code: number; readonly data: Uint8Array | undefined };

type Kind<K extends Response['kind']> = readonly Extract<Response, { kind: K }>[];
const NONE: readonly never[] = [];

/** All changes of a reply. Each list is in the order of being done, which is the reverse of the rules'. */
export class Responses {
  /** As the rules say them. */
  readonly all: readonly Response[];
  readonly owners: readonly Rewriter[];
  readonly values: readonly Rewriter[];
  readonly ttls: Kind<'ttl'>;
  readonly rcodes: Kind<'rcode'>;
  readonly options: Kind<'option'>;
  readonly cnames: Kind<'cname'>;

  constructor(all: readonly Response[]) {
    this.all = all;
    this.owners = all.length === 0 ? NONE : rewriters(all, 'owner');
    this.values = all.length === 0 ? NONE : rewriters(all, 'value');
    this.ttls = of(all, 'ttl');
    this.rcodes = of(all, 'rcode');
    this.options = of(all, 'option');
    this.cnames = of(all, 'cname');
  }

  /** These, and those of a later rule. */
  with(later: Responses): Responses {
    if (later.all.length === 0) return this;
    return this.all.length === 0 ? later : new Responses([...this.all, ...later.all]);
  }
}
/** Nothing but the question is put back. */
export const QUESTION_ONLY = new Responses([]);

function of<K extends Response['kind']>(all: readonly Response[], kind: K): Kind<K> {
  let found: Extract<Response, { kind: K }>[] | undefined;
  for (let i = all.length - 1; i >= 0; i--) if (all[i]!.kind === kind) (found ??= []).push(all[i] as Extract<Response, { kind: K }>);
  return found ?? NONE;
}
function rewriters(all: readonly Response[], kind: 'owner' | 'value'): readonly Rewriter[] {
  const found = of(all, kind);
  return found.length === 0 ? NONE : found.map(({ rewriter }) => rewriter);
}

/** A text after every rewriter. */
export function rewritten(text: string, rewriters: readonly Rewriter[]): string {
  for (let i = 0; i < rewriters.length; i++) text = rewriters[i]!.rewrite(text);
  return text;
}
/** The owner of an SOA record after every rewriter. */
export function rezoned(text: string, rewriters: readonly Rewriter[]): string {
  for (const rewriter of rewriters) text = rewriter.zone?.(text) ?? rewriter.rewrite(text);
  return text;
}
