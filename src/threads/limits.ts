// How many processors and how much memory this process may use: the mask of its processors and its control groups, v1 and v2. Knows
// Linux's files; decides nothing.
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What a process may use. */
export interface Limits {
  /** Processors that it may run on. */
  readonly cores: number;
  /** Processors' worth of time, with a fraction; Infinity without a quota. */
  readonly quota: number;
  /** Bytes; of the whole machine where no group has a limit. */
  readonly memory: number;
}

/** The limits of this process. `root` is where `/proc` and `/sys` lie, for tests. */
export function readLimits(root = ''): Limits {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(root + path, 'latin1');
    } catch {
      return undefined;
    }
  };
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  let quota = Infinity;
  let memory = os.totalmem();
  for (const [number, controllers = '', ...rest] of groups) {
    const names = controllers.split(',');
    for (const folder of folders(rest.join(':'))) {
      if (number === '0' && controllers === '') {
        quota = Math.min(quota, quotaV2(read(`/sys/fs/cgroup${folder}/cpu.max`)));
        memory = Math.min(memory, amount(read(`/sys/fs/cgroup${folder}/memory.max`)));
      }
      if (names.includes('cpu')) {
        for (const mount of new Set([controllers, 'cpu'])) {
          const at = `/sys/fs/cgroup/${mount}${folder}/cpu.cfs_`;
          quota = Math.min(quota, ratio(read(`${at}quota_us`), read(`${at}period_us`)));
        }
      }
      if (names.includes('memory')) memory = Math.min(memory, amount(read(`/sys/fs/cgroup/memory${folder}/memory.limit_in_bytes`)));
    }
  }
  return { cores: maskedCores(read('/proc/self/status')) ?? os.availableParallelism(), quota, memory };
}

/** Files that this process may have open at the same time: Node has raised that to what it may be. */
export function fileLimit(root = ''): number {
  try {
    return amount(/^Max open files +(\d+)/m.exec(readFileSync(`${root}/proc/self/limits`, 'latin1'))?.[1]);
  } catch {
    return Infinity;
  }
}
/** The folder of a group and those above it, which limit it as well: in a container the path may be one that only the host sees. */
function folders(path: string): readonly string[] {
  const words = path.split('/').filter((word) => word !== '' && word !== '..');
  return words.map((_, i) => `/${words.slice(0, words.length - i).join('/')}`).concat('');
}
const quotaV2 = (text: string | undefined): number => {
  const [most, period] = (text ?? '').trim().split(' ');
  return ratio(most, period);
};
function ratio(quota: string | undefined, period: string | undefined): number {
  const value = amount(quota) / amount(period);
  return value > 0 ? value : Infinity;
}
/** Infinity for what is no positive number: `max`, `-1`, nothing. */
function amount(text: string | undefined): number {
  const value = Number.parseInt(text ?? '', 10);
  return value > 0 ? value : Infinity;
}
/** How many processors `Cpus_allowed_list` (`0-3,8`) names. */
function maskedCores(status: string | undefined): number | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status ?? '')?.[1];
  if (list === undefined) return undefined;
  const count = list.split(',').reduce((sum, range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return sum + to - from + 1;
  }, 0);
  return count > 0 ? count : undefined;
}
