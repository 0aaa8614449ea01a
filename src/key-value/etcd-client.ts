// What is asked of an etcd: ranges, one look whether something is there, what is left of a lease, a watch. Members are taken in turn, and
// who lets us in is asked for a token where there is a user. Knows etcd's calls; knows nothing of what keys mean.
import { latin1Bytes } from '../dns/latin1.ts';
import type { Clock } from '../kernel/clock.ts';
import type { SecureClient } from '../secure/client.ts';
import type { ApiPlace } from '../web-api/api-request.ts';
import { EtcdError, Link } from './etcd-link.ts';
import { MessageWriter, eachField, prefixEnd, readHeader, readPair } from './etcd-wire.ts';
import type { Header } from './etcd-wire.ts';
import type { LeaseLeft, Pair } from './key-value.ts';

/** An etcd, and who asks. */
export interface EtcdPlaces {
  readonly places: readonly ApiPlace[];
  readonly user: { readonly name: string; readonly password: string } | undefined;
  /** How connections to a place are made secure, as its files are now; undefined: in the clear. */
  readonly secure: (place: ApiPlace) => SecureClient | undefined;
}
/** A part of a range. */
export interface Page {
  readonly header: Header;
  readonly found: readonly Pair[];
  readonly more: boolean;
}

/** Milliseconds for a call (ETCD-7). */
const PATIENCE = 5000;
/** Calls at once: others wait, since a connection has room for so many streams. */
const AT_ONCE = 64;
const UNAUTHENTICATED = 16;
/** An invalid token is status 16, and in older etcds 3 or 2 with this text. */
const isTokenRefused = ({ status, message }: EtcdError): boolean => status === UNAUTHENTICATED || /invalid auth token/.test(message);

/** The message of a range; `limit` 0: all, `revision` 0: the newest. */
export function rangeOf(
  key: string, end: string | undefined, { limit = 0, revision = 0n, serializable = false, keysOnly = false } = {},
): MessageWriter {
  const message = new MessageWriter().bytes(1, latin1Bytes(key));
  if (end !== undefined) message.bytes(2, latin1Bytes(end));
  return message.number(3, limit).number(4, revision).number(7, serializable).number(8, keysOnly);
}
/** Reads the reply to a range. Throws WireFault. */
export function readPage(message: Buffer): Page {
  let header: Header = { cluster: 0n, revision: 0n }, more = false;
  const found: Pair[] = [];
  eachField(message, (field) => {
    if (field.number === 1) header = readHeader(field.bytes);
    else if (field.number === 2) found.push(readPair(field.bytes));
    else if (field.number === 3) more = field.value !== 0n;
  });
  return { header, found, more };
}

/** One etcd. */
export class EtcdClient {
  readonly #etcd: EtcdPlaces;
  readonly #clock: Clock;
  #next = 0;
  #token: string | undefined;
  #link: Promise<Link> | undefined;
  #calls = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(etcd: EtcdPlaces, clock: Clock) {
    this.#etcd = etcd;
    this.#clock = clock;
  }
  close(): void {
    void this.#link?.then((link) => link.close(), () => {});
    this.#link = undefined;
  }

  /** A connection of its own to the next member that takes one. Rejects with EtcdError where none does. */
  async connect(fields: readonly (readonly [string, string])[] = []): Promise<Link> {
    const { places, user, secure } = this.#etcd;
    let error: unknown = new EtcdError('no member of etcd is known');
    for (let i = 0; i < places.length; i++) {
      const place = places[this.#next++ % places.length]!;
      try {
        if (user !== undefined) this.#token ??= await this.#authenticate(place, user);
        const token = this.#token === undefined ? [] : [['token', this.#token] as const];
        return await Link.open(place, secure(place), [...token, ...fields], this.#clock);
      } catch (caught) {
        error = caught;
      }
    }
    throw error;
  }
  /** The token is not taken any more: the next connection asks for another. */
  refused(error: unknown): void {
    if (error instanceof EtcdError && isTokenRefused(error)) this.#token = undefined;
  }
  async #authenticate(place: ApiPlace, { name, password }: { readonly name: string; readonly password: string }): Promise<string> {
    const link = await Link.open(place, this.#etcd.secure(place), [], this.#clock);
    try {
      const message = new MessageWriter().bytes(1, name).bytes(2, password).done();
      const reply = await link.call('etcdserverpb.Auth/Authenticate', message, PATIENCE);
      let token = '';
      eachField(reply, (field) => {
        if (field.number === 2) token = field.bytes.toString('latin1');
      });
      return token;
    } finally {
      link.close();
    }
  }
  /**
   * Asks who is asked now; another member where that one is gone or has no leader, and with another token where that is not taken. `once`:
   * not where it may have been done already.
   */
  async call(method: string, message: Buffer, once = false): Promise<Buffer> {
    while (this.#calls >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#calls++;
    try {
      return await this.#called(method, message, once);
    } finally {
      this.#calls--;
      this.#waiting.shift()?.();
    }
  }
  async #called(method: string, message: Buffer, once: boolean): Promise<Buffer> {
    for (let tries = 0; ; tries++) {
      const opening = this.#link ??= this.connect();
      let link: Link;
      try {
        link = await opening;
      } catch (error) {
        if (this.#link === opening) this.#link = undefined;
        throw error;
      }
      try {
        return await link.call(method, message, PATIENCE);
      } catch (error) {
        this.refused(error);
        const { status, message: text } = error as EtcdError;
        const isToken = isTokenRefused(error as EtcdError);
        if (status !== undefined && status !== 14 && !isToken) throw error;
        const isUnsure = once && !isToken;
        link.close();
        if (this.#link === opening) this.#link = undefined;
        if (isUnsure || tries > this.#etcd.places.length || /no answer/.test(text)) throw error;
      }
    }
  }

  /** Messages of a call that has several, each way. Rejects with EtcdError where it did not come to its end. */
  async stream(method: string, messages: readonly Buffer[], take: (message: Buffer) => void): Promise<void> {
    // Whoever asks first sees to it that the connection stands.
    await this.call('etcdserverpb.KV/Range', rangeOf('\0', undefined, { serializable: true, keysOnly: true }).done());
    const link = await (this.#link ??= this.connect());
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.after(PATIENCE, () => {
        give();
        reject(new EtcdError(`${link.place.authority}: no answer for ${PATIENCE / 1000} s`));
      });
      const give = link.stream(method, messages, take, (error) => {
        cancel();
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }
  /** All keys that begin with this one, at most so many; or the one alone. */
  async range(key: string, deep: boolean, limit: number): Promise<Page> {
    return readPage(await this.call('etcdserverpb.KV/Range', rangeOf(key, deep ? prefixEnd(key) : undefined, { limit }).done()));
  }
  /** Whether anything is below the key, or at it, now: one transaction. */
  async hasAny(key: string): Promise<boolean> {
    const below = `${key}/`;
    const reads = [rangeOf(below, prefixEnd(below), { limit: 1, keysOnly: true }), rangeOf(key, undefined, { keysOnly: true })];
    const message = reads.reduce((all, read) => all.bytes(2, new MessageWriter().bytes(1, read)), new MessageWriter());
    let some = false;
    eachField(await this.call('etcdserverpb.KV/Txn', message.done()), (field) => {
      if (field.number !== 3) return;
      eachField(field.bytes, (response) => {
        if (response.number === 1 && readPage(response.bytes).found.length > 0) some = true;
      });
    });
    return some;
  }
  /** Seconds that a lease has left, and was granted for; less than 0: it is gone. */
  async lease(id: bigint): Promise<LeaseLeft> {
    let left = -1n, granted = 0n;
    eachField(await this.call('etcdserverpb.Lease/LeaseTimeToLive', new MessageWriter().number(1, id).done()), (field) => {
      if (field.number === 3) left = BigInt.asIntN(64, field.value);
      else if (field.number === 4) granted = BigInt.asIntN(64, field.value);
    });
    return { left: Number(left), granted: Number(granted) };
  }
}
