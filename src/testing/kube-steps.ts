// The verb `kube` of a scenario: what is done to a scripted Kubernetes API, and what it was asked. Knows the words; knows nothing of
// how a server is asked.
import { readFileSync } from 'node:fs';
import { difference } from './difference.ts';
import type { FakeKubeApi, WatchListSupport } from './fake-kube-api.ts';
import type { KubeScope } from './kube-faults.ts';
import { readKubeBlock } from './kube-lines.ts';
import type { KubeItem } from './kube-lines.ts';
import { kubeKey, kubeResource } from './kube-store.ts';
import type { KubeObject } from './kube-store.ts';
import type { KubeOrder } from './kube-watch.ts';

const WATCH_LISTS: readonly string[] = ['known', 'refused', 'ignored'] satisfies WatchListSupport[];
const ORDERS: { readonly [word: string]: KubeOrder } = { off: 'kept', objects: 'objects', everything: 'everything' };
type Act = (api: FakeKubeApi, words: readonly string[], block: readonly string[]) => void | Promise<void>;

const scopeOf = (word = '*'): KubeScope => (word === '*' ? '*' : kubeResource(word));
const each = (items: readonly KubeItem[], act: (item: KubeItem) => void): void => items.forEach(act);
const keyOf = (object: KubeObject): string => {
  const key = kubeKey(object);
  if (key === undefined) throw new Error('an object to delete lacks its name');
  return key;
};

const ACTS: { readonly [word: string]: Act } = {
  load: (api, [path = '']) => api.load(JSON.parse(readFileSync(path, 'utf8'))),
  add: (api, [kind = ''], block) => each(readKubeBlock(block, kind), ({ resource, object }) => api.add(resource, object)),
  update: (api, [kind = ''], block) => each(readKubeBlock(block, kind), ({ resource, object }) => api.update(resource, object)),
  delete: (api, [kind, ...keys], block) => {
    if (kind !== undefined && keys.length > 0) return keys.forEach((key) => api.delete(kubeResource(kind), key));
    return each(readKubeBlock(block, kind ?? ''), ({ resource, object }) => api.delete(resource, keyOf(object)));
  },
  version: (api, [kind = '', version = '']) => void api.versions.set(kubeResource(kind), version),
  down: (api) => api.down(),
  up: (api) => api.up(),
  token: (api, [token]) => void (api.token = token),
  'watch-list': (api, [support = '']) => {
    if (!WATCH_LISTS.includes(support)) throw new Error(`watch-list is ${WATCH_LISTS.join(', ')}`);
    api.watchList = support as WatchListSupport;
  },
  'page-size': (api, [size]) => void (api.pageSize = Number(size ?? Number.POSITIVE_INFINITY)),
  gone: ({ faults }, [scope]) => faults.gone(scopeOf(scope)),
  compact: ({ store }) => store.compact(),
  cut: ({ faults }, [scope, how = 'clean']) => {
    if (how !== 'clean' && how !== 'mid-object') throw new Error('streams are cut `clean` or `mid-object`');
    faults.cut(scopeOf(scope), how);
  },
  stall: ({ faults }, [scope]) => faults.stall(scopeOf(scope)),
  resume: ({ faults }, [scope]) => faults.resume(scopeOf(scope)),
  forbid: ({ faults }, [scope]) => faults.forbid(scopeOf(scope)),
  allow: ({ faults }, [scope]) => faults.allow(scopeOf(scope)),
  fail: ({ faults }, [scope, status, ...more]) => {
    const { times, after } = options(more, ['times', 'after']);
    faults.fail(scopeOf(scope), {
      status: Number(status), ...(times === undefined ? {} : { times: Number(times) }),
      ...(after === undefined ? {} : { retryAfter: Number(after) }),
    });
  },
  hold: ({ faults }, [scope]) => faults.hold(scopeOf(scope)),
  feed: ({ faults }, [scope, chunks]) => faults.feed(scopeOf(scope), chunks === undefined ? undefined : Number(chunks)),
  duplicate: ({ faults }, [scope, copies]) => faults.duplicate(scopeOf(scope), Number(copies ?? 2)),
  reorder: ({ faults }, [scope, order = 'objects']) => {
    if (ORDERS[order] === undefined) throw new Error(`reorder is ${Object.keys(ORDERS).join(', ')}`);
    faults.reorder(scopeOf(scope), ORDERS[order]);
  },
  flush: ({ faults }, [scope]) => faults.flush(scopeOf(scope)),
  bookmark: (api, [kind = '']) => api.bookmark(kubeResource(kind)),
  mend: ({ faults }) => faults.mend(),
  asked: (api, words, block) => {
    const pattern = new RegExp(words.join(' '));
    const got = [...new Set(api.requests.splice(0).map(({ url }) => printed(url)))].filter((line) => pattern.test(line)).sort();
    const text = difference([...block].sort(), got);
    if (text !== undefined) throw new Error(`the API was asked something else\n${text}`);
  },
};

/** Carries out `kube WORD ...` on an API. Throws Error. */
export async function playKube(api: FakeKubeApi, rest: string, block: readonly string[]): Promise<void> {
  const [word = '', ...words] = rest.split(/\s+/);
  const act = ACTS[word];
  if (act === undefined) throw new Error(`unknown "kube ${word}"; there are ${Object.keys(ACTS).join(', ')}`);
  await act(api, words, block);
}

/** `times=2 after=5` */
function options(words: readonly string[], known: readonly string[]): { readonly [key: string]: string } {
  return Object.fromEntries(words.map((word) => {
    const [key = '', value = ''] = word.split('=');
    if (!known.includes(key)) throw new Error(`"${word}" is not one of ${known.join('=, ')}=`);
    return [key, value];
  }));
}
/** The path and the selectors of a request. */
function printed(url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://kube');
  const selectors = ['fieldSelector', 'labelSelector'].map((key) => searchParams.get(key) ?? '').filter((text) => text !== '');
  return [pathname, ...selectors].join(' ');
}
