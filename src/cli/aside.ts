// The works that are done beside the threads that serve. Knows which module does which; starts nothing.
import type { Work } from '../threads/aside.ts';
import type { SentOrder } from '../authority/zone/making.ts';
import type { Order } from '../authority/zone/loading.ts';
import type { SentPlan, VersionOrder } from '../authority/signing/sign-version.ts';
import type { RpzOrder } from '../policy/rpz-build.ts';
import type { BuildOrder } from '../policy/list-build.ts';
import type { SignOrder } from '../plugins/sign/sign-file.ts';

/** By the name under which they are asked for. */
export const WORKS: Readonly<Record<string, Work>> = {
  zone: async (store) => {
    const { Loading } = await import('../authority/zone/loading.ts');
    const loading = new Loading(store.memory, await import('../authority/zone/digest.ts'));
    return (order) => store.reading.within(() => loading.load(order as Order));
  },
  signatures: async (store) => {
    const { receivedPlan, signVersion } = await import('../authority/signing/sign-version.ts');
    return (asked) => {
      const { order, plan } = asked as { readonly order: VersionOrder; readonly plan: SentPlan };
      return signVersion(store, order, receivedPlan(plan), true);
    };
  },
  version: async (store) => {
    const { Making } = await import('../authority/zone/making.ts');
    const making = new Making(store.memory);
    return (order) => store.reading.within(() => making.makeSent(order as SentOrder));
  },
  policies: async (store) => {
    const { RpzBuilder } = await import('../policy/rpz-build.ts');
    const builder = new RpzBuilder(store.memory);
    return (order) => builder.build(order as RpzOrder);
  },
  lists: async (store) => {
    const { ListBuilder } = await import('../policy/list-build.ts');
    const builder = new ListBuilder(store.memory);
    return (order) => store.reading.within(() => builder.build(order as BuildOrder));
  },
  sign: async () => {
    const { signFile } = await import('../plugins/sign/sign-file.ts');
    return (order) => signFile(order as SignOrder);
  },
};
