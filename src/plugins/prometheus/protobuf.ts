// Metrics as protocol buffers: messages `io.prometheus.client.MetricFamily`, each behind its length. Knows the public format's field
// numbers and how protocol buffers are written; knows no name of any metric.
import type { Kind } from '../../kernel/seen/metrics.ts';
import type { Gathered, Sample } from './gathered.ts';

/** How a field is written. */
const VARINT = 0, FIXED64 = 1, BYTES = 2;
const TYPES: { readonly [kind in Kind]: number } = { counter: 0, gauge: 1, histogram: 4 };
/** In a metric: the field that holds its number. */
const VALUE_FIELDS: { readonly [kind in Kind]: number } = { gauge: 2, counter: 3, histogram: 7 };

/** Every family behind its length. */
export function exposeProtobuf(families: readonly Gathered[]): Uint8Array {
  const out = new Writer();
  for (const family of families) out.message(undefined, (message) => writeFamily(message, family));
  return out.bytes();
}

function writeFamily(out: Writer, family: Gathered): void {
  out.text(1, family.name);
  out.text(2, family.help);
  out.number(3, TYPES[family.kind]);
  for (const sample of family.samples) out.message(4, (message) => writeMetric(message, family, sample));
}
function writeMetric(out: Writer, { kind, buckets }: Gathered, { labels, value, counts }: Sample): void {
  for (const [name, text] of labels) {
    out.message(1, (pair) => {
      pair.text(1, name);
      pair.text(2, text);
    });
  }
  out.message(VALUE_FIELDS[kind], (message) => {
    if (kind !== 'histogram') return message.double(1, value);
    message.number(1, counts.at(-1)!);
    message.double(2, value);
    // The infinite bucket is the count.
    buckets.forEach((bound, i) => message.message(3, (bucket) => {
      bucket.number(1, counts[i]!);
      bucket.double(2, bound);
    }));
  });
}

/** Fields behind one another in memory that grows. */
class Writer {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  #ensure(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
  /** A whole number up to 2^53. */
  #varint(value: number): void {
    this.#ensure(8);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }
  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }
  number(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }
  double(field: number, value: number): void {
    this.#tag(field, FIXED64);
    this.#ensure(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }
  text(field: number, value: string): void {
    const size = Buffer.byteLength(value);
    this.#tag(field, BYTES);
    this.#varint(size);
    this.#ensure(size);
    this.#length += this.#bytes.write(value, this.#length);
  }
  /** A message behind its length; `undefined` where it is no field. */
  message(field: number | undefined, write: (inner: Writer) => void): void {
    const inner = new Writer();
    write(inner);
    const bytes = inner.bytes();
    if (field !== undefined) this.#tag(field, BYTES);
    this.#varint(bytes.length);
    this.#ensure(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
