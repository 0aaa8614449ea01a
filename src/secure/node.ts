// Node's own cryptography and TLS, loaded when a Corefile has certificates: most have none, and a start would be slower for all. Knows
// nothing of what they are for.

import type * as nodeCrypto from 'node:crypto';
import type * as nodeTls from 'node:tls';

type Builtins = { readonly process: { getBuiltinModule(name: string): unknown } };
const builtin = (name: string): unknown => (globalThis as unknown as Builtins).process.getBuiltinModule(name);

/** `node:crypto`. */
export const cryptography = (): typeof nodeCrypto => builtin('node:crypto') as typeof nodeCrypto;
/** `node:tls`. */
export const transportSecurity = (): typeof nodeTls => builtin('node:tls') as typeof nodeTls;
