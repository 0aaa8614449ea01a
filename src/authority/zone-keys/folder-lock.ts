// Of all processes with one folder of keys, one rolls them: whose file lies in it. A process that is gone loses it; one that is elsewhere,
// and says nothing for long, too. Knows a file and processes; knows no keys. Main's.
import { promises, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { writeLasting } from './key-files.ts';

const { link, readFile, rename, rm, stat, utimes } = promises;
/** Milliseconds without a sign of life until the lock is somebody else's. */
const SILENCE = 1_500_000;
const PRIVATE = 0o600;

/** Which process this is, of which machine; empty where the system does not say. */
function ownProcess(): string {
  try {
    const pid = readlinkSync('/proc/self');
    return [readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(), readlinkSync('/proc/self/ns/pid'), pid,
      bornAt(pid)].join(' ');
  } catch {
    return '';
  }
}
/** When a process began, as the system counts; throws where it is not there. */
const bornAt = (pid: string): string => readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')[19]!;

/** Whether the process of a lock's file is there; undefined where nobody can tell from here. */
function isThere(text: string): boolean | undefined {
  const [, boot, space, pid = '', born] = text.trim().split(' ');
  const [ownBoot, ownSpace] = ownProcess().split(' ');
  if (born === undefined || boot !== ownBoot || space !== ownSpace || !/^\d+$/.test(pid)) return undefined;
  try {
    return bornAt(pid) === born;
  } catch {
    return false;
  }
}

/** The lock of one folder, as one process sees it. */
export class FolderLock {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #text: string;
  #isHeld = false;
  /** What lay there last, and since when nothing of it changed. */
  #seen = '';
  #since = 0;

  /** `nonce` tells this holder from all others. */
  constructor(folder: string, clock: Clock, nonce: string) {
    this.#path = join(folder, 'lock');
    this.#clock = clock;
    this.#text = `${nonce} ${ownProcess()}\n`;
  }

  /**
   * Takes the lock where nobody has it, or finds out that it is ours still: to be called every few minutes. What the disk does not let us
   * do is as if somebody had it.
   */
  async hold(): Promise<boolean> {
    try {
      const text = await readFile(this.#path, 'latin1').catch(() => '');
      if (text === this.#text) return await this.#held(true);
      if (text !== '' && !await this.#isGone(text)) return await this.#held(false);
      if (text !== '' && !await this.#clear(text)) return await this.#held(false);
      await writeLasting(this.#path, this.#text, PRIVATE);
      return await this.#held(true);
    } catch {
      this.#isHeld = false;
      return false;
    }
  }
  /** A holder gives a sign of life whenever it looks. */
  async #held(isHeld: boolean): Promise<boolean> {
    this.#isHeld = isHeld;
    const now = this.#clock.wall() / 1000;
    if (isHeld) await utimes(this.#path, now, now);
    return isHeld;
  }
  async #isGone(text: string): Promise<boolean> {
    const there = isThere(text);
    if (there !== undefined) return !there;
    const { mtimeMs } = await stat(this.#path);
    const seen = `${text}${mtimeMs}`;
    const now = this.#clock.monotonic();
    if (seen !== this.#seen) this.#since = now;
    this.#seen = seen;
    return now - this.#since >= SILENCE;
  }
  /** Takes away what a process left that is gone. False where another was quicker. */
  async #clear(text: string): Promise<boolean> {
    const aside = `${this.#path}.${this.#text.split(' ')[0]}`;
    await rename(this.#path, aside);
    const moved = await readFile(aside, 'latin1');
    if (moved !== text) await link(aside, this.#path).catch(() => {});
    await rm(aside, { force: true });
    return moved === text;
  }
  /** Gives it up. */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (await readFile(this.#path, 'latin1').catch(() => '') === this.#text) await rm(this.#path, { force: true });
  }
}
