// The standard order of plugins, which is the order of every chain (ORD-1). The only file that imports plugins.
import type { Plugin } from '../kernel/plugin.ts';
import acl from './acl/index.ts';
import any from './any/index.ts';
import bind from './bind/index.ts';
import bufsize from './bufsize/index.ts';
import chaos from './chaos/index.ts';
import erratic from './erratic/index.ts';
import header from './header/index.ts';
import local from './local/index.ts';
import minimal from './minimal/index.ts';
import multisocket from './multisocket/index.ts';
import nsid from './nsid/index.ts';
import on from './on/index.ts';
import reload from './reload/index.ts';
import root from './root/index.ts';
import timeouts from './timeouts/index.ts';
import whoami from './whoami/index.ts';

/** Every plugin that is there, in the order in which queries pass them. */
export const standard: readonly Plugin[] = [
  root,
  timeouts,
  multisocket,
  reload,
  nsid,
  bufsize,
  bind,
  local,
  any,
  chaos,
  acl,
  header,
  minimal,
  erratic,
  whoami,
  on,
];
