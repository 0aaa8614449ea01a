// How what is kept of a key lies in shared memory: in some tens of bytes, read without JSON, and without what a message has for a registry
// alone. Knows messages and octets; knows no index.
//
// In bytes: flags (two), the revision, then whichever of port, priority, weight, TTL and targetstrip are not as usual, the lease (eight),
// and the texts host, text and group, each with its length. Numbers are varints with their sign in the first byte. Of what is no message
// the host is the reason.
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import type { Kept } from '../../skydns/kept.ts';
import type { Service } from '../../skydns/message.ts';

const PORT = 1, PRIORITY = 2, WEIGHT = 4, TTL = 8, STRIP = 16, MAIL = 32, WRONG = 64, LEASE = 128, TEXT = 256, GROUP = 512, WIDE = 1024;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** What a message has that does not say it. */
const USUAL_PRIORITY = 10;

/** Lays out what is kept. One object; what `write` says holds until the next one. */
export class KeptWriter {
  #bytes = Buffer.alloc(512);
  #at = 0;

  /** All but the key. */
  write({ service, wrong, lease, revision }: Kept): Uint8Array {
    const host = service?.host ?? wrong, text = service?.text ?? '', group = service?.group ?? '';
    const isWide = [host, text, group].some((each) => /[^\0-\x7f]/.test(each));
    const size = 80 + 3 * (host.length + text.length + group.length);
    if (size > this.#bytes.length) this.#bytes = Buffer.alloc(2 * size);
    this.#at = 2;
    let flags = (service === undefined ? WRONG : service.mail ? MAIL : 0) | (isWide ? WIDE : 0);
    this.#number(Number(revision));
    const put = (flag: number, value: number, usual: number): void => {
      if (value === usual) return;
      flags |= flag;
      this.#number(value);
    };
    if (service !== undefined) {
      put(PORT, service.port, 0);
      put(PRIORITY, service.priority, USUAL_PRIORITY);
      put(WEIGHT, service.weight, 0);
      put(TTL, service.ttl, 0);
      put(STRIP, service.targetstrip, 0);
    }
    if (lease !== 0n) {
      flags |= LEASE;
      this.#at = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, lease), this.#at);
    }
    this.#text(host, isWide);
    for (const [flag, each] of [[TEXT, text], [GROUP, group]] as const) {
      if (each === '') continue;
      flags |= flag;
      this.#text(each, isWide);
    }
    this.#bytes.writeUInt16LE(flags, 0);
    return this.#bytes.subarray(0, this.#at);
  }
  #number(value: number): void {
    // Not doubled, so that every whole number is as exact as JSON has it.
    let rest = Math.abs(value);
    this.#bytes[this.#at++] = rest % 64 | (value < 0 ? 64 : 0) | (rest > 63 ? 128 : 0);
    for (rest = Math.floor(rest / 64); rest > 0; rest = Math.floor(rest / 128)) {
      this.#bytes[this.#at++] = rest % 128 | (rest > 127 ? 128 : 0);
    }
  }
  #text(text: string, isWide: boolean): void {
    const length = isWide ? Buffer.byteLength(text) : text.length;
    this.#number(length);
    this.#at += this.#bytes.write(text, this.#at, isWide ? 'utf8' : 'latin1');
  }
}

/** Reads what is kept. One object a thread. */
export class KeptReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** What lies at `at` of a key. */
  read(key: string, bytes: Uint8Array, at: number): Kept {
    this.#bytes = bytes;
    this.#at = at + 2;
    const flags = bytes[at]! | (bytes[at + 1]! << 8);
    const revision = BigInt(this.#number());
    const number = (flag: number, usual: number): number => ((flags & flag) === 0 ? usual : this.#number());
    const port = number(PORT, 0), priority = number(PRIORITY, USUAL_PRIORITY), weight = number(WEIGHT, 0), ttl = number(TTL, 0);
    const targetstrip = number(STRIP, 0);
    const lease = (flags & LEASE) === 0 ? 0n : this.#lease();
    const isWide = (flags & WIDE) !== 0;
    const host = this.#text(isWide), text = (flags & TEXT) === 0 ? '' : this.#text(isWide);
    const group = (flags & GROUP) === 0 ? '' : this.#text(isWide);
    if ((flags & WRONG) !== 0) return { key, service: undefined, wrong: host, lease, revision };
    const mail = (flags & MAIL) !== 0;
    const service: Service = { key, host, port, priority, weight, text, mail, ttl, targetstrip, group, coredns: undefined };
    return { key, service, wrong: '', lease, revision };
  }
  /** The revision alone. */
  revision(bytes: Uint8Array, at: number): bigint {
    this.#bytes = bytes;
    this.#at = at + 2;
    return BigInt(this.#number());
  }
  #number(): number {
    const first = this.#bytes[this.#at++]!;
    let value = first & 63, of = 64, byte = first;
    while (byte > 127) {
      byte = this.#bytes[this.#at++]!;
      value += (byte & 127) * of;
      of *= 128;
    }
    return (first & 64) === 0 ? value : -value;
  }
  #lease(): bigint {
    let value = 0n;
    for (let i = 7; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[this.#at + i] ?? 0);
    this.#at += 8;
    return value;
  }
  #text(isWide: boolean): string {
    const length = this.#number();
    const text = latin1(this.#bytes, this.#at, this.#at + length);
    this.#at += length;
    return isWide ? utf8.decode(latin1Bytes(text)) : text;
  }
}
