// What goes wrong between a server and its Kubernetes API in the chaos test: each disturbance is one thing that a test does to the
// scripted API or to the clock. Knows the API's faults; knows no answers.
import type { FakeKubeApi, KubeResource, KubeScope } from '../../src/testing/index.ts';
import type { Dice } from './cluster-objects.ts';

/** What is disturbed. */
export interface Disturbed {
  readonly api: FakeKubeApi;
  /** Lets milliseconds pass for the server, at once. */
  elapse(milliseconds: number): Promise<unknown>;
}
type Disturbance = (world: Disturbed, scope: KubeScope, dice: Dice) => void | Promise<unknown>;

/** The collections that a server reads. */
export const RESOURCES: readonly KubeResource[] = ['namespaces', 'services', 'endpointslices', 'pods', 'nodes', 'serviceimports'];
/** A few turns of the loop, for what is on its way to arrive or not. */
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** By name, so that a failure can say what was done. */
const DISTURBANCES: { readonly [name: string]: Disturbance } = {
  nothing: () => {},
  'cut cleanly': ({ api }, scope) => api.faults.cut(scope, 'clean'),
  'cut in an object': ({ api }, scope) => api.faults.cut(scope, 'mid-object'),
  '410 in the stream': ({ api }, scope) => api.faults.gone(scope),
  'history forgotten': ({ api }) => api.store.compact(),
  'history forgotten and cut': ({ api }, scope) => {
    api.store.compact();
    api.faults.cut(scope, 'clean');
  },
  '410 as a status': ({ api }, scope, dice) => {
    api.faults.fail(scope, { status: 410, times: 1 + dice.upTo(2) });
    api.faults.cut(scope);
  },
  '429': ({ api }, scope, dice) => {
    api.faults.fail(scope, { status: 429, retryAfter: dice.upTo(2), times: 1 + dice.upTo(2) });
    api.faults.cut(scope);
  },
  '500': ({ api }, scope, dice) => {
    api.faults.fail(scope, { status: 500, times: 1 + dice.upTo(3) });
    api.faults.cut(scope);
  },
  'lists refused': ({ api }, scope) => api.faults.fail(scope, { status: 503, of: 'list', times: 2 }),
  forbidden: ({ api }, scope) => {
    api.faults.forbid(scope);
    api.faults.cut(scope);
  },
  'a list that is cut': ({ api }, scope, dice) => {
    api.faults.hold(scope);
    api.faults.gone(scope);
    api.faults.feed(scope, dice.upTo(5));
  },
  fed: ({ api }, scope, dice) => api.faults.feed(scope, 1 + dice.upTo(5)),
  'fed whole': ({ api }, scope) => api.faults.feed(scope),
  stalled: ({ api }, scope) => api.faults.stall(scope),
  resumed: ({ api }, scope) => api.faults.resume(scope),
  'stalled for long': async ({ api, elapse }, scope) => {
    api.faults.stall(scope);
    await elapse(20_000);
  },
  duplicates: ({ api }, scope, dice) => api.faults.duplicate(scope, 1 + dice.upTo(2)),
  mixed: ({ api }, scope) => api.faults.reorder(scope, 'objects'),
  'mixed and let go': ({ api }, scope) => api.faults.flush(scope),
  bookmark: ({ api }, _, dice) => api.bookmark(dice.one(RESOURCES)),
  down: ({ api }) => api.down(),
  up: ({ api }) => api.up(),
  'down and up': async ({ api }) => {
    await api.down();
    await api.up();
  },
  'watch-lists refused': ({ api }) => void (api.watchList = 'refused'),
  'watch-lists unknown': ({ api }) => void (api.watchList = 'ignored'),
  'watch-lists known': ({ api }) => void (api.watchList = 'known'),
  'small pages': ({ api }, _, dice) => void (api.pageSize = 1 + dice.upTo(9)),
  'a moment': ({ elapse }, _, dice) => elapse(dice.upTo(500)),
  'a jump in time': ({ elapse }, _, dice) => elapse(dice.upTo(120_000)),
};
const NAMES = Object.keys(DISTURBANCES);

/** Does one thing; tells which. */
export async function disturb(world: Disturbed, dice: Dice): Promise<string> {
  const name = dice.one(NAMES);
  const scope = dice.often(0.4) ? '*' : dice.one(RESOURCES);
  await DISTURBANCES[name]!(world, scope, dice);
  await turns(dice.upTo(12));
  return `${name} (${scope})`;
}
/** Takes back whatever goes wrong; an API that knows no watch-lists, or sends small pages, is none the worse for it. */
export async function calm({ api }: Disturbed): Promise<void> {
  await api.up();
  api.faults.mend();
}
