// The standard order of plugins, which is the order of every chain (ORD-1). The only file that imports plugins.
import type { Plugin } from '../kernel/site/plugin.ts';
import acl from './acl/index.ts';
import any from './any/index.ts';
import autopath from './autopath/index.ts';
import bind from './bind/index.ts';
import bufsize from './bufsize/index.ts';
import cancel from './cancel/index.ts';
import cache from './cache/index.ts';
import chaos from './chaos/index.ts';
import debug from './debug/index.ts';
import dns64 from './dns64/index.ts';
import erratic from './erratic/index.ts';
import errors from './errors/index.ts';
import forward from './forward/index.ts';
import header from './header/index.ts';
import health from './health/index.ts';
import hosts from './hosts/index.ts';
import k8sExternal from './k8s_external/index.ts';
import kubernetes from './kubernetes/index.ts';
import loadbalance from './loadbalance/index.ts';
import local from './local/index.ts';
import log from './log/index.ts';
import loop from './loop/index.ts';
import metadata from './metadata/index.ts';
import minimal from './minimal/index.ts';
import multisocket from './multisocket/index.ts';
import nsid from './nsid/index.ts';
import on from './on/index.ts';
import pprof from './pprof/index.ts';
import prometheus from './prometheus/index.ts';
import ready from './ready/index.ts';
import reload from './reload/index.ts';
import rewrite from './rewrite/index.ts';
import root from './root/index.ts';
import shed from './shed/index.ts';
import template from './template/index.ts';
import timeouts from './timeouts/index.ts';
import transfer from './transfer/index.ts';
import view from './view/index.ts';
import whoami from './whoami/index.ts';

/** Every plugin that is there, in the order in which queries pass them. */
export const standard: readonly Plugin[] = [
  root,
  metadata,
  cancel,
  timeouts,
  multisocket,
  reload,
  nsid,
  bufsize,
  bind,
  debug,
  ready,
  health,
  pprof,
  shed,
  prometheus,
  errors,
  log,
  local,
  dns64,
  any,
  chaos,
  loadbalance,
  rewrite,
  autopath,
  acl,
  cache,
  header,
  minimal,
  template,
  transfer,
  hosts,
  k8sExternal,
  kubernetes,
  loop,
  forward,
  erratic,
  whoami,
  on,
  view,
];
