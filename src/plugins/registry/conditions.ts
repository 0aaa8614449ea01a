// What a request says of what is there, and whose that is: the refusals where it is otherwise. Knows instances and sets; knows no store.
import { Problem } from '../../http/problem.ts';
import type { Instance } from './instances.ts';
import type { RecordSet } from './record-sets.ts';

/** What the request says of what is there: it must be at this revision, or must not be; undefined: it does not matter. */
export type Condition = { readonly revision: bigint } | 'absent' | undefined;
/** Who asks. */
export interface Who {
  readonly holder: string;
  /** Whether he may do more than read, somewhere. */
  readonly operates: boolean;
  /** Whether others' instances are his too. */
  readonly isAdmin: boolean;
}
/** What is there, of whichever kind. */
type There = Pick<Instance, 'revision' | 'owner'> & Partial<Pick<Instance, 'instance'> & Pick<RecordSet, 'set'>>;

/** Throws Problem where what is there is not what it must be. */
export function check(before: There | undefined, condition: Condition): void {
  if (condition === undefined) return;
  if (condition === 'absent' ? before !== undefined : before?.revision !== condition.revision) throw changed(before);
}
/** Throws Problem where it is somebody else's. */
export function owned({ owner }: Pick<There, 'owner'>, { holder, isAdmin }: Who): void {
  if (owner !== holder && !isAdmin) {
    throw new Problem(403, "Somebody else's instance", {
      detail: `it belongs to ${owner}`, cure: "use the token that made it, or an admin's",
    });
  }
}
/** The refusal of what would stand beside an alias. */
export const besideAlias = (): Problem => new Problem(409, 'Beside an alias', {
  detail: 'a name with a CNAME has nothing else', cure: 'take the other away first',
});
/** The refusal where something else is there: what. */
export function changed(now: There | undefined): Problem {
  return new Problem(412, 'Changed in between', now === undefined ? { detail: 'there is no such thing' } : {
    detail: `it is at revision ${now.revision}`, cure: 'read it again, and decide anew',
    more: { revision: Number(now.revision), instance: now.instance, set: now.set },
    fields: [['ETag', `"${now.revision}"`]],
  });
}
