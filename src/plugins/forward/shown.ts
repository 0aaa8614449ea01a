// The upstreams of a line as whoever looks at the server sees them, and one that is to be left alone. Knows forwarders.
import type { Upstreams } from '../../kernel/site/site.ts';
import type { Slot } from '../../kernel/slot.ts';
import type { Forwarder } from './forwarder.ts';

type Shown = typeof Upstreams extends Slot<infer T> ? T : never;

/** Those that main would ask now. */
export const shownOf = (current: () => Forwarder): Shown => ({
  by: 'forward',
  upstreams() {
    const { targets, health, trips, options } = current();
    return targets.map(({ index, name }) => {
      const took = trips.of(index), drained = health.drained(index);
      const isDown = drained === 0 && health.down(index, options.maxFails);
      return { to: name, isDown, drained, usual: took === 0 ? undefined : took / 1000 };
    });
  },
  drain(to, until) {
    const { targets, health } = current();
    const target = targets.find(({ name }) => name === to);
    if (target !== undefined) health.drain(target.index, until);
    return target !== undefined;
  },
});
