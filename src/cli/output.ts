// What the process writes on its standard streams: the log, which never waits, and what commands print. Knows descriptors and the
// status of a start that failed.
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import type { Sink } from '../kernel/seen/log-lines.ts';
import { loadAddon } from '../transport/addon.ts';
import type { Addon } from '../transport/addon.ts';
import { errorCode } from '../transport/socket-error.ts';

const pause = new Int32Array(new SharedArrayBuffer(4));
const again = (): Error => Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });

/**
 * Standard output for the log of a thread that serves: nobody who does not read it can make a query wait. Pipes and terminals are
 * opened once more, with a description of our own that does not block, since others may share the one that we were given. Files never
 * block. What cannot be opened again (a socket, another user's pipe) is written by the addon, which asks before it writes; without
 * the addon by Node's pool of threads, one piece at a time.
 */
export function logSink(descriptor = 1, own = reopened(descriptor), addon: Addon | string = loadAddon()): Sink {
  if (own !== undefined) return (bytes, from, length) => writeSync(own, bytes, from, length);
  if (typeof addon !== 'string') {
    return (bytes, from, length) => {
      const written = addon.write(descriptor, bytes, from, length);
      if (written < 0) throw Object.assign(new Error('write'), { code: errorCode(written) });
      return written;
    };
  }
  let busy = false;
  return (bytes, from, length, last) => {
    if (last) return writeSync(descriptor, bytes, from, length);
    if (busy) throw again();
    busy = true;
    write(descriptor, bytes.slice(from, from + length), () => {
      busy = false;
    });
    return length;
  };
}
/** A descriptor that can be written to without waiting; undefined where there is none. */
function reopened(descriptor: number): number | undefined {
  try {
    const is = fstatSync(descriptor);
    if (is.isFile()) return descriptor;
    if (is.isFIFO() || is.isCharacterDevice()) {
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    }
  } catch {
    // No /proc, not ours, or nobody has it open for reading.
  }
  return undefined;
}

/** Text on standard output, as it is, of a command that ends with it. Throws what writing throws, but waits for a slow reader. */
export function writeOut(text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length;) {
    try {
      from += writeSync(1, bytes, from);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** A line on standard error, where that can be written to. */
export function complain(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // A full disk or a full pipe: the status says it as well.
  }
}
/** A line on standard error, and status 1 (CLI-10). */
export function fail(text: string): never {
  complain(text);
  process.exit(1);
}
