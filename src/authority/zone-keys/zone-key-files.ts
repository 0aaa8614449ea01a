// The keys of one zone on disk: their files, and the file that says what each is at. Knows files and states; knows no steps. Main's.
import { promises } from 'node:fs';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { algorithmOf } from '../../dnssec/algorithm.ts';
import { ENTRY_POINT, REVOKED, ZONE_KEY, algorithmNumber, dnskeyData, flagsOf, keyOctets, keyTag } from '../../dnssec/dnskey.ts';
import { keyFileName, keyFileStem, readKeyFiles } from '../../dnssec/key-file.ts';
import type { KeyDates } from '../../dnssec/key-file.ts';
import { printState, parseState } from '../../dnssec/rollover/state-text.ts';
import { isIn, signsKeys } from '../../dnssec/rollover/state.ts';
import type { KeyState, Role, ZoneState } from '../../dnssec/rollover/state.ts';
import type { KeyPolicy, MadeKey } from '../../dnssec/rollover/wishes.ts';
import { generateKeyElsewhere } from '../../dnssec/signing-key.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import { keyOfTexts, plainText, readTexts, removeKey, replaceKey, replaceLasting, syncFolder, writeKey,
  writeLasting } from './key-files.ts';
import type { Warn } from './key-files.ts';

const { link, readFile, readdir, rm } = promises;
const PRIVATE = 0o600;
/** Tries to make a key whose tag no other has. */
const TRIES = 50;

/** One zone's. */
export class ZoneKeyFiles {
  readonly stem: string;
  readonly #folder: string;
  readonly #zone: Name;
  readonly #warn: Warn;
  readonly #keys = new Map<string, SigningKey>();
  /** The dates that were written to the files of a key last. */
  readonly #dates = new Map<string, string>();

  constructor(folder: string, zone: Name, warn: Warn) {
    this.stem = keyFileStem(zone);
    this.#folder = folder;
    this.#zone = zone;
    this.#warn = warn;
  }
  get #stateName(): string {
    return `${this.stem}state`;
  }

  /** The state; undefined where there is none yet. Rejects where it cannot be read. */
  async read(): Promise<ZoneState | undefined> {
    const path = join(this.#folder, this.#stateName);
    let text: string;
    try {
      text = await plainText(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return parseState(this.#zone, text);
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
    }
  }
  /** Writes the first state; false where another process was quicker. */
  async create(state: ZoneState): Promise<boolean> {
    const beside = join(this.#folder, `${this.#stateName}.first`);
    await rm(beside, { force: true });
    await writeLasting(beside, printState(this.#zone, state), PRIVATE);
    try {
      await link(beside, join(this.#folder, this.#stateName));
      await syncFolder(this.#folder);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(beside, { force: true });
    }
  }
  /** What another process made, which was quicker: the keys that were made here go. */
  async others({ keys }: ZoneState): Promise<ZoneState | undefined> {
    const state = await this.read();
    for (const { file } of keys) if (state?.keys.some((key) => key.file === file) !== true) await this.remove(file);
    return state;
  }
  /** It lasts when this resolves. */
  write(state: ZoneState): Promise<void> {
    return replaceLasting(this.#folder, this.#stateName, printState(this.#zone, state));
  }

  /** Makes a key whose tag none of these has, and none of the folder's files. */
  async make(role: Role, { algorithm, bits, ttl }: KeyPolicy, others: readonly Uint8Array[], now: number): Promise<MadeKey> {
    const flags = role === 'zsk' ? ZONE_KEY : ZONE_KEY | ENTRY_POINT;
    const taken = new Set(others.flatMap(tagsOf));
    for (let left = TRIES; ; left--) {
      const key = await generateKeyElsewhere(this.#zone, algorithmOf(algorithm)!, flags, ttl, bits);
      if (tagsOf(key.data).some((tag) => taken.has(tag)) && left > 0) continue;
      const file = keyFileName(this.#zone, key.data);
      try {
        await writeKey(this.#folder, file, key, { Created: now });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST' && left > 0) continue;
        throw error;
      }
      await syncFolder(this.#folder);
      this.#keys.set(file, key);
      return { file, role, data: key.data };
    }
  }
  /** The key of a file that was loaded. */
  keyOf = (file: string): SigningKey => this.#keys.get(file)!;
  /** Loads the keys that a state names. Rejects where one cannot be had, or is another one than the state says. */
  async load(state: ZoneState): Promise<void> {
    for (const { file, data } of state.keys) {
      if (this.#keys.has(file)) continue;
      const key = keyOfTexts(await readTexts(this.#folder, file, this.#zone, this.#warn));
      if (Buffer.compare(key.data, data) !== 0) {
        throw new Error(`${join(this.#folder, file)}.key: this is not the key that ${join(this.#folder, this.#stateName)} says`);
      }
      this.#keys.set(file, key);
    }
  }
  async remove(file: string): Promise<void> {
    this.#keys.delete(file);
    await removeKey(this.#folder, file);
  }

  /** Says in the files of keys since when they are what, for whoever takes them elsewhere. */
  async date(state: ZoneState): Promise<void> {
    for (const key of state.keys) {
      const dates = datesOf(key);
      const text = JSON.stringify(dates);
      if (this.#dates.get(key.file) === text) continue;
      await replaceKey(this.#folder, key.file, this.keyOf(key.file), dates);
      this.#dates.set(key.file, text);
    }
  }

  /** Keys that lie there and are in use, made by somebody else or by *dnssec* `key auto`: those whose dates say so. */
  async lying(now: number): Promise<MadeKey[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.startsWith(`${this.stem}+`) && name.endsWith('.key')).sort();
    const marked = (await readFile(join(this.#folder, `${this.stem}csk`), 'latin1').catch(() => '')).trim();
    const found: { readonly file: string; readonly key: SigningKey }[] = [];
    for (const name of names) {
      const file = name.slice(0, -'.key'.length);
      const texts = await readTexts(this.#folder, file, this.#zone, this.#warn);
      const { key, dates } = readKeyFiles(texts.open, `${file}.key`, texts.secret, `${file}.private`);
      if (file !== marked && !isInUse(dates, now)) continue;
      this.#keys.set(file, key);
      found.push({ file, key });
    }
    return found.map(({ file, key }): MadeKey => {
      const isSplit = found.some((other) => !other.key.entryPoint && other.key.algorithm === key.algorithm);
      return { file, data: key.data, role: key.entryPoint ? (isSplit ? 'ksk' : 'csk') : 'zsk' };
    });
  }
}

/** The tag of a key, and the one that it would have if it were revoked (RFC 5011 section 2.1). */
const tagsOf = (data: Uint8Array): number[] =>
  [keyTag(data), keyTag(dnskeyData(flagsOf(data) ^ REVOKED, algorithmNumber(data), keyOctets(data)))];

function isInUse({ Publish, Activate, Inactive = Infinity, Delete = Infinity }: KeyDates, now: number): boolean {
  return Math.min(Publish ?? Infinity, Activate ?? Infinity) <= now && Inactive > now && Delete > now;
}

/** What BIND would say of a key that is at this. */
function datesOf(key: KeyState): KeyDates {
  const { created, active, dnskey, ds, signatures, isWanted } = key;
  const out = isWanted || isIn(signatures) || key.role === 'ksk' ? {} : { Inactive: signatures.since };
  return {
    Created: created,
    ...(dnskey.presence === 'hidden' && active === undefined ? {} : { Publish: Math.min(dnskey.since, active ?? Infinity) }),
    ...(active === undefined ? {} : { Activate: active }), ...out,
    ...(signsKeys(key) && isIn(ds) ? { SyncPublish: ds.since } : {}),
    ...(dnskey.presence === 'unretentive' ? { Delete: dnskey.since } : {}),
  };
}
