// The addresses that main found for host names, as bytes that every thread reads. Knows how they are kept; knows nothing of looking up.
import { Key } from '../../store/key.ts';
import type { Store } from '../../store/store.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';

const key = () => new Key().of('targets', 0);

/** Keeps the addresses of a line under its name. */
export function putTargets(store: Store, name: string, addresses: readonly UpstreamAddress[]): void {
  const { hash, words, length } = key();
  if (!store.byteMap(name).put(hash, 0, words, 0, length, new TextEncoder().encode(JSON.stringify(addresses)))) {
    throw new RangeError('the shared memory is full');
  }
}
/** What was kept under the name. Throws where nothing was. */
export function getTargets(store: Store, name: string): readonly UpstreamAddress[] {
  const { hash, words, length } = key();
  const map = store.byteMap(name);
  store.epochs.enter();
  try {
    const entry = map.find(hash, 0, words, 0, length);
    if (entry === 0) throw new Error('the addresses to forward to are not known');
    const at = map.valueAt(entry) * 4;
    return JSON.parse(Buffer.from(map.bytes.slice(at, at + map.valueSize(entry))).toString()) as readonly UpstreamAddress[];
  } finally {
    store.epochs.leave();
  }
}
