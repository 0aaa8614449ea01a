// Gives plugins of other packages this very program where they import `coredns-ts`: a second copy would have names, types and counters of
// its own, and none need be installed beside them. Knows how Node resolves; knows no plugin.
import { registerHooks } from 'node:module';

/** Whether this is the source, and not the bundle, where this module is a part of dist/chunks/. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const FILES: { readonly [specifier: string]: string } = IS_SOURCE
  ? { 'coredns-ts': '../index.ts', 'coredns-ts/dns': '../dns/index.ts', 'coredns-ts/testing': '../testing/index.ts' }
  : { 'coredns-ts': '../index.js', 'coredns-ts/dns': '../dns.js', 'coredns-ts/testing': '../testing.js' };

let stands = false;
/** From now on, in this thread. */
export function shareThisCopy(): void {
  if (stands) return;
  stands = true;
  registerHooks({
    resolve(specifier, context, next) {
      const file = Object.hasOwn(FILES, specifier) ? FILES[specifier] : undefined;
      return file === undefined ? next(specifier, context) : { url: new URL(file, import.meta.url).href, shortCircuit: true };
    },
  });
}
